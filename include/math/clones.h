/* Functions that are compiled once per generation of CPU; the loader picks the fitting one. They
 * compute the same bits in all of them: nothing is contracted or reordered. */
#ifndef OMEN_MATH_CLONES_H
#define OMEN_MATH_CLONES_H

/* GCC only: clang 14 gives the clones a name that other files do not find. What picks them runs
 * before a sanitizer is ready. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define MATH_HAVE_CLONES 1
#define MATH_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
/* For loops around fmaf: an instruction where the CPU has it, else a call that computes the same.
 */
#define MATH_CLONES_FUSED __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define MATH_HAVE_CLONES 0
#define MATH_CLONES
#define MATH_CLONES_FUSED
#endif

#endif
