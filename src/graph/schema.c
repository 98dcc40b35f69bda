#include "graph/schema.h"
