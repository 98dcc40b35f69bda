/* Functions that are compiled once per generation of CPU; the loader picks the fitting one. They
 * compute the same bits in all of them: nothing is contracted or reordered. */
#ifndef OMEN_MATH_CLONES_H
#define OMEN_MATH_CLONES_H

/* What picks them runs before a sanitizer is ready. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define MATH_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(MATH_SANITIZED) && \
    !defined(__clang_analyzer__)
#define MATH_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MATH_CLONES
#endif

#endif
