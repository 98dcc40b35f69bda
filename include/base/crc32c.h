/* CRC-32C (Castagnoli), the checksum that object stores keep. */
#ifndef OMEN_BASE_CRC32C_H
#define OMEN_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of what `crc` was computed of, and then these bytes; begin with 0. */
uint32_t crc32c_update(uint32_t crc, const void *data, size_t size);

#endif
