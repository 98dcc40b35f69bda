#include "base/strmap.h"
