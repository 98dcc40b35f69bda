/* All kernels, alphabetical; table.c lists them. */
#ifndef OMEN_TENSOR_KERNELS_KERNELS_H
#define OMEN_TENSOR_KERNELS_KERNELS_H

#include "tensor/kernel.h"

extern const struct kernel kernel_constant;
extern const struct kernel kernel_identity;

#endif
