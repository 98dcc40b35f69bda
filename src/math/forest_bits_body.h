/* forest_bits.c for one width: REAL, WORD (unsigned, as wide as REAL), SPLIT, NAME(). */

typedef REAL NAME(reals) __attribute__((vector_size(32)));
typedef WORD NAME(words) __attribute__((vector_size(32)));

enum { NAME(LANES) = 32 / sizeof(REAL) };

/* One word of the sets of 32 rows: those that no split rules out. */
MATH_CLONES
static void NAME(rule_out)(const SPLIT *splits, size_t count, const REAL *columns, WORD *left)
{
    NAME(words) sets[32 / NAME(LANES)];
    for (size_t i = 0; i < 32 / NAME(LANES); i++)
        sets[i] = ~(NAME(words)){0};
    for (size_t s = 0; s < count; s++) {
        const REAL *column = columns + (size_t)splits[s].column * FOREST_BITS_ROWS;
        NAME(reals) threshold = (NAME(reals)){0} + splits[s].threshold;
        NAME(words) leaves = (NAME(words)){0} + (WORD)splits[s].leaves;
        for (size_t i = 0; i < 32 / NAME(LANES); i++) {
            NAME(reals) x;
            memcpy(&x, column + i * NAME(LANES), sizeof x);
            sets[i] &= ~((NAME(words))(x > threshold) & leaves);
        }
    }
    memcpy(left, sets, sizeof sets);
}

static void NAME(columns)(const struct forest *forest, const struct forest_rows *rows, size_t first,
                          size_t count, REAL *columns)
{
    for (size_t i = 1; i < forest->column_count; i++) {
        const struct forest_column *column = &forest->columns[i];
        REAL *to = columns + i * FOREST_BITS_ROWS;
        size_t from = first * rows->stride + column->feature;
        for (size_t row = 0; row < count; row++)
            to[row] = (REAL)forest_column_value(forest, column, rows, from + row * rows->stride);
        for (size_t row = count; row < FOREST_BITS_ROWS; row++)
            to[row] = 0;
    }
}

#undef REAL
#undef WORD
#undef SPLIT
#undef NAME
