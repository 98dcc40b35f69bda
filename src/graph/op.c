#include "graph/op.h"
