#include "graph/frame.h"
