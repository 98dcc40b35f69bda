#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"

/* RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms. */
static void test_vectors(void **state)
{
    (void)state;
    unsigned char data[32] = {0};
    assert_int_equal(crc32c_update(0, "", 0), 0);
    assert_int_equal(crc32c_update(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c_update(0, data, sizeof data), 0x8a9136aa);
    memset(data, 0xff, sizeof data);
    assert_int_equal(crc32c_update(0, data, sizeof data), 0x62a8ab43);
    for (unsigned char i = 0; i < sizeof data; i++)
        data[i] = i;
    assert_int_equal(crc32c_update(0, data, sizeof data), 0x46dd794e);
}

static void test_pieces(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(
            crc32c_update(crc32c_update(0, "123456789", cut), &"123456789"[cut], 9 - cut),
            0xe3069283);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors),
                                       cmocka_unit_test(test_pieces)};
    return cmocka_run_group_tests_name("base/crc32c", tests, NULL, NULL);
}
