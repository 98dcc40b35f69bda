/* Vectors of the numbers that dense_kernels.c is compiled for: float with DENSE_SINGLE, else
 * double, as wide as the processor's level has them. */
#ifndef OMEN_MATH_DENSE_VECTOR_H
#define OMEN_MATH_DENSE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#ifdef DENSE_SINGLE
typedef float number;
typedef int32_t number_bits;
#else
typedef double number;
typedef int64_t number_bits;
#endif

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / sizeof(number))

#define INLINE static inline __attribute__((always_inline))

/* Of functions with much on the stack, which then is taken, and touched, only where they run. */
#define APART static __attribute__((noinline))

/* In front of a loop of few rounds, so that what it goes over may stand in registers. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

/* Elements stand at any address, and are read and written as what they are. */
typedef number vector
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(number)), may_alias));
typedef number_bits vector_bits __attribute__((vector_size(VECTOR_BYTES), may_alias));

/* Sums of products are written out, as a compiler that may fuse them does so here and not there.
 * Floats are fused on every processor, doubles where there is an instruction for it: two roundings
 * would take twice as long there, and a call for each would take very long elsewhere.
 *
 * load_some, store_some: the first `count` elements; 0 stands in the others. */
#if defined(__AVX512F__) && defined(DENSE_SINGLE)
INLINE vector add_products(vector sums, number x, vector weights)
{
    return (vector)_mm512_fmadd_ps(_mm512_set1_ps(x), (__m512)weights, (__m512)sums);
}

INLINE vector load_some(const number *from, size_t count)
{
    return (vector)_mm512_maskz_loadu_ps((__mmask16)((1U << count) - 1), from);
}

INLINE void store_some(number *to, vector values, size_t count)
{
    _mm512_mask_storeu_ps(to, (__mmask16)((1U << count) - 1), (__m512)values);
}
#elif defined(__AVX512F__)
INLINE vector add_products(vector sums, number x, vector weights)
{
    return (vector)_mm512_fmadd_pd(_mm512_set1_pd(x), (__m512d)weights, (__m512d)sums);
}

INLINE vector load_some(const number *from, size_t count)
{
    return (vector)_mm512_maskz_loadu_pd((__mmask8)((1U << count) - 1), from);
}

INLINE void store_some(number *to, vector values, size_t count)
{
    _mm512_mask_storeu_pd(to, (__mmask8)((1U << count) - 1), (__m512d)values);
}
#elif defined(__AVX2__)
/* All bits of the first `count` lanes. */
INLINE __m256i lanes_of(size_t count)
{
#ifdef DENSE_SINGLE
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
#else
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((int64_t)count), _mm256_setr_epi64x(0, 1, 2, 3));
#endif
}

#ifdef DENSE_SINGLE
INLINE vector add_products(vector sums, number x, vector weights)
{
    return (vector)_mm256_fmadd_ps(_mm256_set1_ps(x), (__m256)weights, (__m256)sums);
}

INLINE vector load_some(const number *from, size_t count)
{
    return (vector)_mm256_maskload_ps(from, lanes_of(count));
}

INLINE void store_some(number *to, vector values, size_t count)
{
    _mm256_maskstore_ps(to, lanes_of(count), (__m256)values);
}
#else
INLINE vector add_products(vector sums, number x, vector weights)
{
    return (vector)_mm256_fmadd_pd(_mm256_set1_pd(x), (__m256d)weights, (__m256d)sums);
}

INLINE vector load_some(const number *from, size_t count)
{
    return (vector)_mm256_maskload_pd(from, lanes_of(count));
}

INLINE void store_some(number *to, vector values, size_t count)
{
    _mm256_maskstore_pd(to, lanes_of(count), (__m256d)values);
}
#endif
#else
INLINE vector add_products(vector sums, number x, vector weights)
{
#ifdef DENSE_SINGLE
    for (size_t lane = 0; lane < LANES; lane++)
        sums[lane] = __builtin_fmaf(x, weights[lane], sums[lane]);
    return sums;
#else
    return sums + x * weights;
#endif
}

INLINE vector load_some(const number *from, size_t count)
{
    vector values = {0};
    for (size_t lane = 0; lane < count; lane++)
        values[lane] = from[lane];
    return values;
}

INLINE void store_some(number *to, vector values, size_t count)
{
    for (size_t lane = 0; lane < count; lane++)
        to[lane] = values[lane];
}
#endif

INLINE number add_product(number sum, number x, number weight)
{
#ifdef DENSE_SINGLE
    return __builtin_fmaf(x, weight, sum);
#elif defined(__AVX2__)
    return __builtin_fma(x, weight, sum);
#else
    return sum + x * weight;
#endif
}

/* A bit for each of at most 64 numbers: 1 where it is not 0; NaN is not. */
INLINE uint64_t bits_of(const number *numbers, size_t count)
{
    uint64_t bits = 0;
#if defined(__AVX512F__) && defined(DENSE_SINGLE)
    for (size_t i = 0; i < count; i += LANES) {
        vector some = load_some(numbers + i, count - i < LANES ? count - i : LANES);
        bits |= (uint64_t)_mm512_cmp_ps_mask((__m512)some, _mm512_setzero_ps(), _CMP_NEQ_UQ) << i;
    }
#elif defined(__AVX512F__)
    for (size_t i = 0; i < count; i += LANES) {
        vector some = load_some(numbers + i, count - i < LANES ? count - i : LANES);
        bits |= (uint64_t)_mm512_cmp_pd_mask((__m512d)some, _mm512_setzero_pd(), _CMP_NEQ_UQ) << i;
    }
#else
    for (size_t i = 0; i < count; i++)
        bits |= (uint64_t)(numbers[i] != 0) << i;
#endif
    return bits;
}

/* 0 where a number is below; -0 and NaN stay. */
INLINE vector rectify(vector values)
{
    return (vector)(~(vector_bits)(values < (vector){0}) & (vector_bits)values);
}

#endif
