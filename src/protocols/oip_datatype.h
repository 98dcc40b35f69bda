/* The datatypes of the Open Inference Protocol: their names, and their bytes, which are little
 * endian, without padding and at any address. */
#ifndef OMEN_PROTOCOLS_OIP_DATATYPE_H
#define OMEN_PROTOCOLS_OIP_DATATYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oip_datatype {
    OIP_BOOL,
    OIP_UINT8,
    OIP_UINT16,
    OIP_UINT32,
    OIP_UINT64,
    OIP_INT8,
    OIP_INT16,
    OIP_INT32,
    OIP_INT64,
    OIP_FP16,
    OIP_BF16,
    OIP_FP32,
    OIP_FP64,
    OIP_BYTES,
    OIP_DATATYPES
};

const char *oip_datatype_name(enum oip_datatype datatype);
bool oip_datatype_find(const char *name, size_t length, enum oip_datatype *datatype);
/* Of one element; 0 for BYTES, whose elements are as long as they are. */
size_t oip_datatype_size(enum oip_datatype datatype);
bool oip_datatype_is_integer(enum oip_datatype datatype); /* not BOOL */
bool oip_datatype_is_real(enum oip_datatype datatype);
/* What an integer datatype holds. */
double oip_datatype_minimum(enum oip_datatype datatype);
double oip_datatype_maximum(enum oip_datatype datatype);

/* Elements side by side as doubles, out[i]. The first one that a double cannot hold exactly, which
 * only 64-bit integers have, or `count`. A BOOL that is neither 0 nor 1 ends it likewise. */
size_t oip_datatype_load(enum oip_datatype datatype, const char *bytes, size_t count, double *out);

/* One integer of 64 bits in decimal. */
void oip_datatype_print(enum oip_datatype datatype, const char *bytes, char text[24]);

uint32_t oip_load_u32(const char *bytes);
void oip_store_u32(char *bytes, uint32_t value);

#endif
