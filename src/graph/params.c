#include "graph/params.h"
