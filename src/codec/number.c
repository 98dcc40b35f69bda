#include "codec/number.h"
