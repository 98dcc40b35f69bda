#ifndef OMEN_FORMATS_XGBOOST_H
#define OMEN_FORMATS_XGBOOST_H

#include "formats/format.h"

extern const struct format xgboost_format;

#endif
