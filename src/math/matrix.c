#include "math/matrix.h"
