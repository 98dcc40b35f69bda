#include "tensor/kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tensor/kernels/kernels.h"

const struct kernel *kernel_find(const char *domain, const char *name, int64_t version,
                                 struct err *err)
{
    bool domain_known = false, name_known = false;
    if (strcmp(domain, "ai.onnx") == 0)
        domain = "";
    for (const struct kernel *const *kernel = kernel_list(); *kernel != NULL; kernel++) {
        if (strcmp((*kernel)->domain, domain) != 0)
            continue;
        domain_known = true;
        if (strcmp((*kernel)->name, name) != 0)
            continue;
        name_known = true;
        if (version >= (*kernel)->since && ((*kernel)->until == 0 || version <= (*kernel)->until))
            return *kernel;
    }
    if (name_known)
        err_set(err, ERR_UNSUPPORTED, "the operator %.80s of operator set %lld is not supported",
                name, (long long)version);
    else if (domain_known)
        err_set(err, ERR_UNSUPPORTED, "the operator %.80s is not supported%s%.80s", name,
                domain[0] != '\0' ? " in the domain " : "", domain);
    else
        err_set(err, ERR_UNSUPPORTED,
                "the operator %.80s is of the domain %.80s, which is not supported", name, domain);
    return NULL;
}

bool call_set_shape(const struct call *call, size_t i, enum value_type type, const int64_t *dims,
                    int rank, struct err *err)
{
    struct value *out = call_output(call, i);
    return out == NULL || value_describe(out, type, dims, rank, err);
}

bool call_set_like(const struct call *call, size_t i, const struct value *like, struct err *err)
{
    return call_set_shape(call, i, like->type, like->dims, like->rank, err);
}

bool call_set_like_typed(const struct call *call, size_t i, enum value_type type,
                         const struct value *like, struct err *err)
{
    return call_set_shape(call, i, type, like->dims, like->rank, err);
}

bool call_check_type(const struct call *call, size_t i, unsigned types, struct err *err)
{
    const struct value *value = call_input(call, i);
    if (value == NULL)
        return true;
    if (value->kind != VALUE_TENSOR)
        return call_fail(call, err, ERR_UNSUPPORTED, "input %zu is no tensor", i);
    if (value->type == VALUE_UNKNOWN || (TYPE_BIT(value->type) & types) != 0)
        return true;
    return call_fail(call, err, ERR_UNSUPPORTED,
                     "input %zu has the type %s, which is not supported here", i,
                     value_type_name(value->type));
}

bool call_check_same_type(const struct call *call, size_t i, size_t j, struct err *err)
{
    const struct value *a = call_input(call, i), *b = call_input(call, j);
    if (a == NULL || b == NULL || a->type == b->type || a->type == VALUE_UNKNOWN ||
        b->type == VALUE_UNKNOWN)
        return true;
    return call_fail(call, err, ERR_INVALID,
                     "input %zu is %s, input %zu is %s: they must be the same", i,
                     value_type_name(a->type), j, value_type_name(b->type));
}

bool call_axis(const struct call *call, int64_t axis, int rank, int *normal, struct err *err)
{
    if (axis < -(int64_t)rank || axis >= rank)
        return call_fail(call, err, ERR_INVALID, "axis %lld does not fit a tensor of %d dimensions",
                         (long long)axis, rank);
    *normal = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

bool call_make(const struct call *call, size_t i, enum value_type type, const int64_t *dims,
               int rank, struct err *err)
{
    struct value *out = call_output(call, i);
    return out == NULL || memory_tensor(call->memory, out, type, dims, rank, err);
}

void call_share(const struct call *call, size_t i, const struct value *value)
{
    struct value *out = call_output(call, i);
    if (out != NULL)
        memory_share(out, value);
}

bool call_make_sequence(const struct call *call, size_t i, size_t count, struct err *err)
{
    struct value *out = call_output(call, i);
    return out == NULL || memory_sequence(call->memory, out, VALUE_SEQUENCE, count, err);
}

void *call_scratch(const struct call *call, size_t count, size_t size, struct err *err)
{
    return memory_scratch(call->memory, count, size, err);
}

#undef call_fail

bool call_fail(const struct call *call, struct err *err, enum err_code code, const char *format,
               ...)
{
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)call;
    return err_set(err, code, "%s", text);
}
