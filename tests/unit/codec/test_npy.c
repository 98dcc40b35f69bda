/* NumPy's header: what is read, what is refused; items of every type and byte order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "codec/npy.h"

/* Writes a whole header of a version around the dictionary. Returns its size. */
static size_t make(char *out, int version, const char *dictionary)
{
    size_t length = strlen(dictionary);
    size_t begin = version == 1 ? 10 : 12;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (char)version;
    memset(out + 7, 0, 5);
    out[8] = (char)(length & 255);
    out[9] = (char)(length >> 8);
    memcpy(out + begin, dictionary, length);
    return begin + length;
}

static bool read_header(int version, const char *dictionary, struct npy_header *header,
                        struct err *err)
{
    char data[2048];
    size_t size;
    size_t expected = make(data, version, dictionary);
    assert_true(npy_header_size(data, &size, err));
    assert_int_equal(size, expected);
    return npy_header_read(data, size, header, err);
}

static void headers_are_read(void **state)
{
    (void)state;
    struct npy_header header;
    struct err err = ERR_INIT;
    for (int version = 1; version <= 3; version++) {
        assert_true(read_header(version,
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n",
                                &header, &err));
        assert_int_equal(header.kind, NPY_REAL);
        assert_int_equal(header.item_size, 4);
        assert_false(header.swapped);
        assert_false(header.fortran_order);
        assert_int_equal(header.dimensions, 2);
        assert_int_equal(header.rows, 3);
        assert_int_equal(header.cols, 4);
        assert_int_equal(header.header_bytes, version == 1 ? 73 : 75);
    }
    assert_true(read_header(1, "{\"shape\":(7L,),\"fortran_order\":True,\"descr\":\">u2\"}",
                            &header, &err));
    assert_int_equal(header.kind, NPY_UNSIGNED);
    assert_true(header.swapped);
    assert_true(header.fortran_order);
    assert_int_equal(header.dimensions, 1);
    assert_int_equal(header.rows, 7);
    assert_int_equal(header.cols, 1);
    assert_true(
        read_header(1, "{'descr':'|i1','fortran_order':False,'shape':(0,9)}", &header, &err));
    assert_int_equal(header.rows, 0);
}

static void assert_refused(const char *type, const char *shape, const char *part)
{
    char text[512];
    struct npy_header header;
    struct err err = ERR_INIT;
    snprintf(text, sizeof text, "{'descr': %s, 'fortran_order': False, 'shape': %s}", type, shape);
    assert_false(read_header(1, text, &header, &err));
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, err.text);
}

static void other_arrays_are_refused(void **state)
{
    (void)state;
    assert_refused("[('a', '<f8')]", "(3,)", "structured");
    assert_refused("'|O'", "(3, 4)", "Python objects");
    assert_refused("'<U5'", "(3, 4)", "texts");
    assert_refused("'|S5'", "(3, 4)", "texts");
    assert_refused("'|b1'", "(3, 4)", "truth values");
    assert_refused("'<f2'", "(3, 4)", "half or extended");
    assert_refused("'<f16'", "(3, 4)", "half or extended");
    assert_refused("'<c16'", "(3, 4)", "complex");
    assert_refused("'<M8[ns]'", "(3, 4)", "no plain number");
    assert_refused("'<f8'", "(3, 4, 5)", "3 dimensions");
    assert_refused("'<f8'", "()", "0 dimensions");
    assert_refused("'<f8'", "(99999999999999999999, 4)", "beyond all bounds");
    assert_refused("'<f8'", "(4611686018427387904, 4)", "beyond all bounds");
    assert_refused("'<f8'", "(2305843009213693952, 1)", "beyond all bounds");
    assert_refused("'<f8'", "(-3, 4)", "dictionary");
    assert_refused("'f8'", "(3, 4)", "dictionary");
    assert_refused("''", "(3, 4)", "dictionary");
}

static void malformed_headers_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "}",
        "{}",
        "{'descr': '<f8'}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)} x",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), 'more': 1}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)}",
        "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (3, 4)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3 4)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4}",
        "{'descr': '<f8' 'fortran_order': False, 'shape': (3, 4)}",
        "{'descr' '<f8', 'fortran_order': False, 'shape': (3, 4)}",
        "{'descr': '<f8",
        "{'descr': '<f8', 'fortran_order': Fal",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct npy_header header;
        struct err err = ERR_INIT;
        if (read_header(1, texts[i], &header, &err))
            fail_msg("accepted: %s", texts[i]);
        assert_non_null(strstr(err.text, "dictionary"));
    }
}

static void preambles_are_judged(void **state)
{
    (void)state;
    size_t size;
    struct err err = ERR_INIT;
    assert_false(npy_detect("\x93NUMP", 5));
    assert_true(npy_detect("\x93NUMPY\1\0\0\0\0\0", 12));
    assert_false(npy_header_size("\x93NUMPX\1\0\0\0\0\0", &size, &err));
    assert_false(npy_header_size("\x93NUMPY\4\0\0\0\0\0", &size, &err));
    assert_string_equal(err.text, "version 4.0 of .npy; 1.0, 2.0 and 3.0 are known");
    assert_false(npy_header_size("\x93NUMPY\2\0\0\0\0\x7f", &size, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(npy_header_size("\x93NUMPY\1\0\xff\xf0", &size, &err));
    assert_int_equal(size, 0xf0ff + 10);
}

static void assert_items(const char *type, const char *items, size_t count, const double *expected)
{
    char text[256];
    struct npy_header header;
    struct err err = ERR_INIT;
    double out[16] = {0};
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (9,)}", type);
    assert_true(read_header(1, text, &header, &err));
    npy_convert(&header, items, count, out, 1);
    assert_memory_equal(out, expected, count * sizeof *out);
    npy_convert(&header, items, count, out, 2);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(&out[2 * i], &expected[i], sizeof *out);
}

static void items_become_doubles(void **state)
{
    (void)state;
    assert_items("|i1", "\x01\xff\x80", 3, (double[]){1, -1, -128});
    assert_items("|u1", "\x01\xff\x80", 3, (double[]){1, 255, 128});
    assert_items("<i2", "\x01\x00\xfe\xff", 2, (double[]){1, -2});
    assert_items(">i2", "\x00\x01\xff\xfe", 2, (double[]){1, -2});
    assert_items("<u2", "\x01\x00\xfe\xff", 2, (double[]){1, 65534});
    assert_items("<i4", "\xff\xff\xff\xff", 1, (double[]){-1});
    assert_items(">u4", "\xff\xff\xff\xfe", 1, (double[]){4294967294});
    assert_items("<i8", "\xff\xff\xff\xff\xff\xff\xff\xff", 1, (double[]){-1});
    assert_items(">u8", "\x00\x20\x00\x00\x00\x00\x00\x01", 1, (double[]){9007199254740992});
    assert_items("<f4", "\x00\x00\x80\x3f\xcd\xcc\xcc\x3d", 2, (double[]){1, (double)0.1f});
    assert_items(">f4", "\x3f\x80\x00\x00\x3d\xcc\xcc\xcd", 2, (double[]){1, (double)0.1f});
    assert_items("<f8", "\x00\x00\x00\x00\x00\x00\xf0\xbf", 1, (double[]){-1});
    assert_items(">f8", "\xbf\xf0\x00\x00\x00\x00\x00\x00", 1, (double[]){-1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(other_arrays_are_refused),
        cmocka_unit_test(malformed_headers_are_refused),
        cmocka_unit_test(preambles_are_judged),
        cmocka_unit_test(items_become_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
