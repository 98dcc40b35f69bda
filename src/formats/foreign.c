#include "formats/foreign.h"

#include <string.h>

#define EXPORT "make a model document from it with tools/export-sklearn"
#define PICKLE                                                     \
    "is a Python pickle, which runs code when it is read: " EXPORT \
    ", or save the model with its trainer's own save_model"
#define PACKED "is compressed (joblib?): unpack it; if it is a pickle, " EXPORT
#define OLD_XGBOOST                                                                            \
    "is an old binary XGBoost model: load it with the XGBoost that wrote it (any before 3.1) " \
    "and write it again with save_model to a name that ends in .json or .ubj"
#define NOT_YET "is not supported yet by this build"

struct magic {
    const char *bytes;
    size_t length;
    const char *sentence;
};

#define MAGIC(bytes_, sentence_)              \
    {                                         \
        bytes_, sizeof(bytes_) - 1, sentence_ \
    }

/* The first that fits counts. */
static const struct magic magics[] = {
    MAGIC("\x80\x02", PICKLE),
    MAGIC("\x80\x03", PICKLE),
    MAGIC("\x80\x04", PICKLE),
    MAGIC("\x80\x05", PICKLE),
    MAGIC("ccopy_reg\n", PICKLE),
    MAGIC("PK\x03\x04", "is a zip archive (skops, joblib, PyTorch or Keras): " EXPORT
                        " if scikit-learn trained it, or export it to a format that holds no code"),
    MAGIC("\x89HDF\r\n\x1a\n",
          "is an HDF5 file (Keras?), which this program does not read: write its weights as an "
          "mlp_classifier or mlp_regressor of a model document"),
    MAGIC("\x1f\x8b", PACKED),
    MAGIC("\x78\x01", PACKED),
    MAGIC("\x78\x5e", PACKED),
    MAGIC("\x78\x9c", PACKED),
    MAGIC("\x78\xda", PACKED),
    MAGIC("BZh", PACKED),
    MAGIC("\xfd"
          "7zXZ",
          PACKED),
    MAGIC("\x04\x22\x4d\x18", PACKED),
    MAGIC("\x28\xb5\x2f\xfd", PACKED),
    MAGIC("\x93NUMPY", "is a NumPy array, not a model"),
    MAGIC("PAR1", "is a Parquet table, not a model"),
    MAGIC("RDX3\n", "is an R workspace, which this program does not read"),
    MAGIC("version https://git-lfs.", "is a Git LFS pointer, not the file itself: git lfs pull"),
    MAGIC("<!DOCTYPE html", "is a web page, not a model: the download went wrong"),
    MAGIC("<html", "is a web page, not a model: the download went wrong"),
    MAGIC("\xef\xbb\xbf", "begins with a byte order mark: save it as UTF-8 without one"),
    MAGIC("\xff\xfe", "is UTF-16 text: save it as UTF-8"),
    MAGIC("\xfe\xff", "is UTF-16 text: save it as UTF-8"),
    MAGIC("binf", OLD_XGBOOST),
    MAGIC("bs64", OLD_XGBOOST),
    MAGIC("CONFIG-offset:",
          "is a memory snapshot of an old XGBoost: load it there and write it again with "
          "save_model to a name that ends in .json"),
    MAGIC("CBM1", "is a CatBoost model, a format that " NOT_YET),
};

static const struct {
    const char *text; /* within the first bytes of a file that begins with `first` */
    char first;
    const char *sentence;
} words[] = {
    {"oblivious_trees", '{', "is a CatBoost model, a format that " NOT_YET},
    {"<PMML", '<', "is a PMML document, a format that " NOT_YET},
    {"_reconstructor", 'c', PICKLE},
};

#define WORDS_WITHIN ((size_t)4096)

const char *foreign_describe(const struct format_file *file)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const struct magic *magic = &magics[i];
        if (file->size >= magic->length && memcmp(file->data, magic->bytes, magic->length) == 0)
            return magic->sentence;
    }
    size_t within = file->size < WORDS_WITHIN ? file->size : WORDS_WITHIN;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (within > 0 && file->data[0] == words[i].first &&
            memmem(file->data, within, words[i].text, strlen(words[i].text)) != NULL)
            return words[i].sentence;
    }
    return NULL;
}

#define TEXT_WITHIN ((size_t)512)

static bool is_text(const struct format_file *file)
{
    size_t within = file->size < TEXT_WITHIN ? file->size : TEXT_WITHIN;
    for (size_t i = 0; i < within; i++) {
        unsigned char byte = (unsigned char)file->data[i];
        if (byte == 0x7f || (byte < ' ' && strchr("\t\n\r\f", byte) == NULL) || byte == '\0')
            return false;
    }
    return true;
}

const char *foreign_guess(const struct format_file *file)
{
    size_t first = 0;
    while (first < file->size && memchr(" \t\r\n", file->data[first], 4) != NULL)
        first++;
    if (first == file->size)
        return file->size == 0 ? "empty" : "white space";
    if (!is_text(file))
        return "binary, but neither an ONNX graph nor UBJSON that XGBoost wrote";
    if (file->data[first] == '{')
        return "a JSON object with neither the \"format\": \"omen/1\" of a model document nor the "
               "\"learner\" of XGBoost";
    if (file->data[first] == '[')
        return "a JSON list; a model document is an object with \"format\": \"omen/1\"";
    return "text, but not LightGBM's, whose first lines are \"tree\" and \"version=\"";
}
