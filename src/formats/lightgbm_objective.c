#include "formats/lightgbm_objective.h"

#include <math.h>
#include <string.h>

enum shape { VALUE, BINARY, CLASSES };

/* As src/objective of LightGBM writes and reads them. */
static const struct objective_type {
    const char *name, *task;
    enum shape shape;
    enum lightgbm_link link;
    bool may_be_sqrt; /* "sqrt" behind the name counts */
} types[] = {
    {"regression", "regression", VALUE, LIGHTGBM_IDENTITY, true},
    {"regression_l1", "regression", VALUE, LIGHTGBM_IDENTITY, true},
    {"huber", "regression", VALUE, LIGHTGBM_IDENTITY, false},
    {"fair", "regression", VALUE, LIGHTGBM_IDENTITY, true},
    {"quantile", "regression", VALUE, LIGHTGBM_IDENTITY, true},
    {"mape", "regression", VALUE, LIGHTGBM_IDENTITY, true},
    {"poisson", "regression", VALUE, LIGHTGBM_EXP, false},
    {"gamma", "regression", VALUE, LIGHTGBM_EXP, false},
    {"tweedie", "regression", VALUE, LIGHTGBM_EXP, false},
    {"cross_entropy", "regression", VALUE, LIGHTGBM_SIGMOID, false},
    {"cross_entropy_lambda", "regression", VALUE, LIGHTGBM_LOG1P_EXP, false},
    {"binary", "classification", BINARY, LIGHTGBM_SIGMOID, false},
    {"multiclass", "classification", CLASSES, LIGHTGBM_SOFTMAX, false},
    {"multiclassova", "classification", CLASSES, LIGHTGBM_SIGMOID, false},
    {"lambdarank", "ranking", VALUE, LIGHTGBM_IDENTITY, false},
    {"rank_xendcg", "ranking", VALUE, LIGHTGBM_IDENTITY, false},
    {"custom", "regression", VALUE, LIGHTGBM_IDENTITY, false},
};

/* Names that other releases wrote or a parameter may have. */
static const char *const aliases[][2] = {
    {"regression_l2", "regression"},
    {"l2", "regression"},
    {"mse", "regression"},
    {"mean_squared_error", "regression"},
    {"rmse", "regression"},
    {"l2_root", "regression"},
    {"root_mean_squared_error", "regression"},
    {"l1", "regression_l1"},
    {"mae", "regression_l1"},
    {"mean_absolute_error", "regression_l1"},
    {"mean_absolute_percentage_error", "mape"},
    {"softmax", "multiclass"},
    {"multiclass_ova", "multiclassova"},
    {"ova", "multiclassova"},
    {"ovr", "multiclassova"},
    {"xentropy", "cross_entropy"},
    {"xentlambda", "cross_entropy_lambda"},
    {"xendcg", "rank_xendcg"},
    {"xe_ndcg", "rank_xendcg"},
    {"xe_ndcg_mart", "rank_xendcg"},
    {"xendcg_mart", "rank_xendcg"},
    {"none", "custom"},
    {"null", "custom"},
    {"na", "custom"},
};

static const char *const link_names[] = {
    [LIGHTGBM_IDENTITY] = "identity",   [LIGHTGBM_SIGMOID] = "logistic",
    [LIGHTGBM_SOFTMAX] = "softmax",     [LIGHTGBM_EXP] = "exp",
    [LIGHTGBM_LOG1P_EXP] = "log1p_exp", [LIGHTGBM_SIGNED_SQUARE] = "signed_square",
};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

const char *lightgbm_link_name(enum lightgbm_link link)
{
    return link_names[link];
}

static const struct objective_type *find_type(struct lightgbm_text name)
{
    const char *alias = NULL;
    for (size_t i = 0; i < LENGTH(aliases) && alias == NULL; i++)
        alias = lightgbm_text_is(name, aliases[i][0]) ? aliases[i][1] : NULL;
    if (alias != NULL)
        name = (struct lightgbm_text){alias, strlen(alias)};
    for (size_t i = 0; i < LENGTH(types); i++)
        if (lightgbm_text_is(name, types[i].name))
            return &types[i];
    return NULL;
}

static const char *read_digits(const char *at, const char *end, double *value, int *count)
{
    for (; at < end && (unsigned char)(*at - '0') < 10; at++, ++*count)
        *value = *value * 10.0 + (*at - '0');
    return at;
}

static double power_of_ten(uint32_t exponent)
{
    double scale = 1.0;
    for (; exponent >= 50; exponent -= 50)
        scale *= 1e50;
    for (; exponent >= 8; exponent -= 8)
        scale *= 1e8;
    for (; exponent > 0; exponent--)
        scale *= 10.0;
    return scale;
}

/* LightGBM reads the parameters of an objective by a method that does not round correctly
 * (Common::Atof); 1.35 is 1 + 35 / 100 to it. The same operations here give the same double. */
static bool read_roughly(struct lightgbm_text text, double *value)
{
    const char *at = text.at, *end = text.at + text.length;
    int integers = 0, decimals = 0;
    double whole = 0.0, fraction = 0.0;
    at = read_digits(at, end, &whole, &integers);
    if (at < end && *at == '.') {
        at = read_digits(at + 1, end, &fraction, &decimals);
        if (decimals > 22) /* up to there powers of ten are exact */
            return false;
        whole += fraction / power_of_ten((uint32_t)decimals);
    }
    *value = whole;
    if (integers + decimals == 0 || at == end || (*at != 'e' && *at != 'E'))
        return integers + decimals > 0 && at == end;
    bool negative = at + 1 < end && at[1] == '-';
    at += 1 + (at + 1 < end && (at[1] == '-' || at[1] == '+'));
    int64_t exponent;
    if (!lightgbm_integer((struct lightgbm_text){at, (size_t)(end - at)}, 0, 308, &exponent))
        return false;
    double scale = power_of_ten((uint32_t)exponent);
    *value = negative ? whole / scale : whole * scale;
    return true;
}

/* One "key:value" word behind the objective's name; what is not known is for training only. */
static bool read_parameter(struct lightgbm_objective *objective, struct lightgbm_text word,
                           size_t columns, struct err *err)
{
    struct lightgbm_text key, value;
    int64_t count;
    lightgbm_text_cut(word, ':', &key, &value);
    if (lightgbm_text_is(key, "sigmoid") && objective->link == LIGHTGBM_SIGMOID &&
        (!read_roughly(value, &objective->sigmoid) || !(objective->sigmoid > 0) ||
         isinf(objective->sigmoid)))
        return err_set(err, ERR_INVALID, "objective: sigmoid must be a number above 0");
    if (lightgbm_text_is(key, "num_class") && objective->classes > 0 &&
        (!lightgbm_integer(value, 1, INT32_MAX, &count) || (size_t)count != columns))
        return err_set(err, ERR_INVALID,
                       "objective: num_class differs from the header's trees per iteration, %zu",
                       columns);
    return true;
}

static bool set_classes(struct lightgbm_objective *objective, enum shape shape, size_t columns,
                        struct err *err)
{
    if (shape == BINARY && columns != 1)
        return err_set(err, ERR_INVALID, "objective %s has one tree per iteration, the file %zu",
                       objective->name, columns);
    if (shape == CLASSES && columns < 2)
        return err_set(err, ERR_INVALID, "objective %s needs a tree per class", objective->name);
    objective->classes = shape == BINARY ? 2 : shape == CLASSES ? columns : 0;
    return true;
}

bool lightgbm_objective_read(struct lightgbm_objective *objective, struct lightgbm_text line,
                             size_t columns, struct err *err)
{
    struct lightgbm_text word;
    if (!lightgbm_text_word(&line, &word))
        word = (struct lightgbm_text){"custom", strlen("custom")};
    const struct objective_type *type = find_type(word);
    if (type == NULL)
        return err_set(err, ERR_UNSUPPORTED, "objective '%.*s' is not known",
                       (int)(word.length < 64 ? word.length : 64), word.at);
    *objective = (struct lightgbm_objective){
        .name = type->name, .task = type->task, .link = type->link, .sigmoid = 1.0};
    if (!set_classes(objective, type->shape, columns, err))
        return false;
    if (type->shape == VALUE && columns != 1 && type != &types[LENGTH(types) - 1])
        return err_set(err, ERR_INVALID, "objective %s has one tree per iteration, the file %zu",
                       type->name, columns);
    while (lightgbm_text_word(&line, &word)) {
        if (type->may_be_sqrt && lightgbm_text_is(word, "sqrt"))
            objective->link = LIGHTGBM_SIGNED_SQUARE;
        else if (!read_parameter(objective, word, columns, err))
            return false;
    }
    return true;
}

bool lightgbm_objective_override(struct lightgbm_objective *objective, const char *link,
                                 size_t columns, struct err *err)
{
    bool custom = strcmp(objective->name, "custom") == 0;
    size_t which = 0;
    while (which < LENGTH(link_names) && strcmp(link, link_names[which]) != 0)
        which++;
    if (which == LENGTH(link_names))
        return err_set(err, ERR_UNSUPPORTED,
                       "link '%.32s' is not known; there are identity, logistic, softmax, exp, "
                       "log1p_exp, signed_square",
                       link);
    objective->link = (enum lightgbm_link)which;
    if (custom && (objective->link == LIGHTGBM_SIGMOID || objective->link == LIGHTGBM_SOFTMAX)) {
        objective->classes = columns == 1 ? 2 : columns;
        objective->task = "classification";
    }
    if (objective->link == LIGHTGBM_SOFTMAX && columns == 1)
        return err_set(err, ERR_INVALID, "link softmax needs more than one tree per iteration");
    return true;
}

static void softmax(const double *raw, size_t columns, double *answer)
{
    double largest = raw[0], sum = 0.0;
    for (size_t i = 1; i < columns; i++)
        largest = raw[i] < largest ? largest : raw[i];
    for (size_t i = 0; i < columns; i++) {
        answer[i] = exp(raw[i] - largest);
        sum += answer[i];
    }
    for (size_t i = 0; i < columns; i++)
        answer[i] /= sum;
}

static double convert_one(const struct lightgbm_objective *objective, double raw)
{
    switch (objective->link) {
    case LIGHTGBM_SIGMOID:
        return 1.0 / (1.0 + exp(-objective->sigmoid * raw));
    case LIGHTGBM_EXP:
        return exp(raw);
    case LIGHTGBM_LOG1P_EXP:
        return log1p(exp(raw));
    case LIGHTGBM_SIGNED_SQUARE:
        return ((raw > 0) - (raw < 0)) * raw * raw;
    default:
        return raw;
    }
}

void lightgbm_objective_convert(const struct lightgbm_objective *objective, const double *raw,
                                size_t columns, double *answer)
{
    if (objective->link == LIGHTGBM_SOFTMAX) {
        softmax(raw, columns, answer);
        return;
    }
    for (size_t i = 0; i < columns; i++)
        answer[i] = convert_one(objective, raw[i]);
}
