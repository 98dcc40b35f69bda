#include "tensor/kernels/activation.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "math/exponential.h"
#include "tensor/kernels/elements.h"

#define INLINE static inline __attribute__((always_inline))

/* exp of a number that is not above 0, in float throughout: below 1.5 units in the last place; what
 * is smaller than the smallest normal number becomes that. exp(x) = 2^n exp(r), |r| <= ln 2 / 2. */
INLINE float exp_of_negative(float x)
{
    const float rounder = 0x1.8p23F; /* adding it rounds to a whole number, in the low bits */
    x = x < -87.0F ? -87.0F : x;
    float rounded = x * 0x1.715476p0F + rounder;
    float n = rounded - rounder;
    float r = (x - n * 0x1.62e4p-1F) - n * 0x1.7f7d1cp-20F;
    float p = 0x1.6c16c2p-10F;
    p = p * r + 0x1.111112p-7F;
    p = p * r + 0x1.555556p-5F;
    p = p * r + 0x1.555556p-3F;
    p = p * r + 0.5F;
    p = 1.0F + (r + r * r * p);
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

MATH_CLONES void activation_sigmoid_single(const float *in, float *out, size_t count)
{
    ELEMENTWISE for (size_t i = 0; i < count; i++)
    {
        float x = in[i];
        float e = exp_of_negative(-fabsf(x));
        out[i] = (x < 0 ? e : 1.0F) / (1.0F + e);
    }
}

/* Near 0 a polynomial, fitted to (tanh(x) / x - 1) / x^2 for x^2 < 0.4; elsewhere from exp. */
MATH_CLONES void activation_tanh_single(const float *in, float *out, size_t count)
{
    ELEMENTWISE for (size_t i = 0; i < count; i++)
    {
        float x = in[i], size = fabsf(x), z = x * x;
        float p = 0x1.1598ccp-9F;
        p = p * z - 0x1.0b12bep-7F;
        p = p * z + 0x1.635e48p-6F;
        p = p * z - 0x1.b9ea80p-5F;
        p = p * z + 0x1.111052p-3F;
        p = p * z - 0x1.555554p-2F;
        float e = exp_of_negative(-2.0F * size);
        float far = copysignf((1.0F - e) / (1.0F + e), x);
        float near = x + x * z * p;
        out[i] = size > 0.625F ? far : near;
    }
}

void activation_exp_single(const float *in, float *out, size_t count)
{
    if (in != out)
        memcpy(out, in, count * sizeof *out);
    exponential_single(out, count);
}

void activation_exp_double(const double *in, double *out, size_t count)
{
    if (in != out)
        memcpy(out, in, count * sizeof *out);
    exponential_double(out, count);
}

/* Numbers at a time, so that the signs need little memory. */
enum { BLOCK = 256 };

MATH_CLONES void activation_sigmoid_double(const double *in, double *out, size_t count)
{
    double e[BLOCK];
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t some = count - first < BLOCK ? count - first : BLOCK;
        for (size_t i = 0; i < some; i++)
            e[i] = -fabs(in[first + i]);
        exponential_double(e, some);
        ELEMENTWISE for (size_t i = 0; i < some; i++)
        {
            double numerator = in[first + i] < 0 ? e[i] : 1.0;
            out[first + i] = numerator / (1.0 + e[i]);
        }
    }
}

void activation_erf_single(const float *in, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = erff(in[i]);
}
