#include "base/signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"

#define SIGNATURE_SIZE 64
#define MINISIGN_SIZE 74 /* algorithm, key id, signature */
#define MINISIGN_KEY_SIZE 42

static bool no_key(struct err *err)
{
    return err_set(err, ERR_INVALID, "no Ed25519 public key: neither PEM nor minisign's");
}

/* The next line, without its end; advances *text. */
static const char *next_line(const char **text, const char *end, size_t *length)
{
    const char *line = *text;
    const char *feed = memchr(line, '\n', (size_t)(end - line));
    const char *stop = feed != NULL ? feed : end;
    *text = feed != NULL ? feed + 1 : end;
    *length = (size_t)(stop - line);
    if (*length > 0 && line[*length - 1] == '\r')
        --*length;
    return line;
}

static bool read_pem(const char *text, size_t length, struct signature_key *key)
{
    size_t size = sizeof key->key;
    BIO *memory = BIO_new_mem_buf(text, (int)length);
    EVP_PKEY *public = memory != NULL ? PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL) : NULL;
    bool ok = public != NULL && EVP_PKEY_get_id(public) == EVP_PKEY_ED25519 &&
              EVP_PKEY_get_raw_public_key(public, key->key, &size) == 1 && size == sizeof key->key;
    EVP_PKEY_free(public);
    BIO_free(memory);
    return ok;
}

bool signature_key_read(const char *text, size_t length, struct signature_key *key, struct err *err)
{
    const char *end = text + length;
    unsigned char bytes[MINISIGN_KEY_SIZE];
    size_t line_length;
    size_t size;
    *key = (struct signature_key){.has_id = false};
    if (length > 65536)
        return no_key(err);
    if (length > 10 && memcmp(text, "-----BEGIN", 10) == 0)
        return read_pem(text, length, key) || no_key(err);
    const char *line = next_line(&text, end, &line_length);
    if (line_length > 8 && memcmp(line, "untrusted", 9) == 0)
        line = next_line(&text, end, &line_length);
    if (!base64_decode(line, line_length, bytes, sizeof bytes, &size) || size != sizeof bytes ||
        memcmp(bytes, "Ed", 2) != 0)
        return no_key(err);
    key->has_id = true;
    memcpy(key->id, bytes + 2, sizeof key->id);
    memcpy(key->key, bytes + 10, sizeof key->key);
    return true;
}

static bool is_signed(const struct signature_key *key, const void *data, size_t size,
                      const unsigned char signature[SIGNATURE_SIZE])
{
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = public != NULL && context != NULL &&
              EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
              EVP_DigestVerify(context, signature, SIGNATURE_SIZE, data, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public);
    return ok;
}

struct minisign {
    unsigned char bytes[MINISIGN_SIZE];
    unsigned char global[SIGNATURE_SIZE];
    const char *comment;
    size_t comment_length;
};

static bool minisign_read(const char *text, size_t length, struct minisign *signature)
{
    static const char trusted[] = "trusted comment: ";
    const char *end = text + length;
    size_t line_length;
    size_t size;
    next_line(&text, end, &line_length);
    const char *line = next_line(&text, end, &line_length);
    if (!base64_decode(line, line_length, signature->bytes, MINISIGN_SIZE, &size) ||
        size != MINISIGN_SIZE)
        return false;
    line = next_line(&text, end, &line_length);
    if (line_length < sizeof trusted - 1 || memcmp(line, trusted, sizeof trusted - 1) != 0)
        return false;
    signature->comment = line + sizeof trusted - 1;
    signature->comment_length = line_length - (sizeof trusted - 1);
    line = next_line(&text, end, &line_length);
    return base64_decode(line, line_length, signature->global, SIGNATURE_SIZE, &size) &&
           size == SIGNATURE_SIZE;
}

static bool minisign_verify(const struct signature_key *key, const struct minisign *signature,
                            const void *data, size_t size)
{
    unsigned char hash[DIGEST_SIZE_MAX];
    unsigned char signed_comment[SIGNATURE_SIZE + 1024];
    const unsigned char *bytes = signature->bytes + 10;
    if (!key->has_id || memcmp(key->id, signature->bytes + 2, 8) != 0 ||
        signature->comment_length > 1024)
        return false;
    if (memcmp(signature->bytes, "ED", 2) == 0) { /* over the hash */
        struct digest *digest = digest_create(DIGEST_BLAKE2B);
        if (digest == NULL)
            return false;
        digest_update(digest, data, size);
        if (digest_end(digest, hash) != DIGEST_SIZE_MAX)
            return false;
        data = hash;
        size = sizeof hash;
    } else if (memcmp(signature->bytes, "Ed", 2) != 0) {
        return false;
    }
    memcpy(signed_comment, bytes, SIGNATURE_SIZE);
    memcpy(signed_comment + SIGNATURE_SIZE, signature->comment, signature->comment_length);
    return is_signed(key, data, size, bytes) &&
           is_signed(key, signed_comment, SIGNATURE_SIZE + signature->comment_length,
                     signature->global);
}

bool signature_verify(const struct signature_key *keys, size_t key_count, const void *data,
                      size_t size, const char *signature, size_t length, struct err *err)
{
    struct minisign minisign;
    bool plain = length == SIGNATURE_SIZE;
    if (!plain && !minisign_read(signature, length, &minisign))
        return err_set(err, ERR_INVALID, "a signature is neither 64 bytes nor minisign's");
    for (size_t i = 0; i < key_count; i++)
        if (plain ? is_signed(&keys[i], data, size, (const unsigned char *)signature)
                  : minisign_verify(&keys[i], &minisign, data, size))
            return true;
    return err_set(err, ERR_INVALID, "the signature is of none of the keys, or of other bytes");
}

/* No terminal is asked for a pass phrase. */
static int no_phrase(char *text, int size, int write, void *context)
{
    (void)text;
    (void)size;
    (void)write;
    (void)context;
    return 0;
}

bool signature_make(const char *pem, size_t pem_length, const void *data, size_t size,
                    unsigned char signature[64], struct err *err)
{
    size_t length = SIGNATURE_SIZE;
    BIO *memory = pem_length < 65536 ? BIO_new_mem_buf(pem, (int)pem_length) : NULL;
    EVP_PKEY *key = memory != NULL ? PEM_read_bio_PrivateKey(memory, NULL, no_phrase, NULL) : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = key != NULL && context != NULL && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
              EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(context, signature, &length, data, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(memory);
    return ok || err_set(err, ERR_INVALID, "the signing key is no Ed25519 private key in PEM");
}
