/* LightGBM's text files, versions v2 to v4: what Booster.save_model and model_to_string write. */
#ifndef OMEN_FORMATS_LIGHTGBM_H
#define OMEN_FORMATS_LIGHTGBM_H

#include "formats/format.h"

extern const struct format lightgbm_format;

#endif
