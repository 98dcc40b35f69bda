#include "sync/xml.h"

#include <limits.h>
#include <string.h>

#include <expat.h>

#include "base/buf.h"

struct reading {
    XML_Parser parser;
    const struct xml_handler *handler;
    struct err *err;
    unsigned depth;
    bool stopped; /* err is set */
    struct buf text;
};

static void stop(struct reading *reading)
{
    reading->stopped = true;
    XML_StopParser(reading->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static void on_open(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = context;
    if (reading->stopped)
        return;
    buf_reset(&reading->text, XML_TEXT_MAX);
    if (++reading->depth > XML_DEPTH_MAX) {
        err_set(reading->err, ERR_LIMIT, "the XML is nested deeper than %d", XML_DEPTH_MAX);
        stop(reading);
    } else if (reading->handler->open != NULL &&
               !reading->handler->open(reading->handler->context, local_name(name), reading->depth,
                                       attributes, reading->err)) {
        stop(reading);
    }
}

static void on_close(void *context, const XML_Char *name)
{
    struct reading *reading = context;
    if (reading->stopped)
        return;
    size_t length = reading->text.length;
    const char *text = buf_text(&reading->text);
    if (reading->text.failed) {
        err_set(reading->err, ERR_LIMIT, "a text of the XML has more than %d bytes", XML_TEXT_MAX);
        stop(reading);
    } else if (reading->handler->close != NULL &&
               !reading->handler->close(reading->handler->context, local_name(name), reading->depth,
                                        text, length, reading->err)) {
        stop(reading);
    }
    reading->depth--;
    buf_reset(&reading->text, XML_TEXT_MAX);
}

static void on_text(void *context, const XML_Char *text, int length)
{
    struct reading *reading = context;
    if (!reading->stopped)
        buf_put(&reading->text, text, (size_t)length);
}

static void on_document_type(void *context, const XML_Char *name, const XML_Char *system,
                             const XML_Char *public, int internal)
{
    struct reading *reading = context;
    (void)name, (void)system, (void)public, (void)internal;
    if (reading->stopped)
        return;
    err_set(reading->err, ERR_UNSUPPORTED, "the XML has a document type, which no cloud sends");
    stop(reading);
}

bool xml_parse(const char *data, size_t size, const struct xml_handler *handler, struct err *err)
{
    struct reading reading = {.handler = handler, .err = err, .text.limit = XML_TEXT_MAX};
    if (size > INT_MAX)
        return err_set(err, ERR_LIMIT, "the XML has more than %d bytes", INT_MAX);
    reading.parser = XML_ParserCreate("UTF-8");
    if (reading.parser == NULL)
        return err_set(err, ERR_MEMORY, "no memory for an XML parser");
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, on_open, on_close);
    XML_SetCharacterDataHandler(reading.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reading.parser, on_document_type);
    enum XML_Status status = XML_Parse(reading.parser, data, (int)size, XML_TRUE);
    if (status != XML_STATUS_OK && !reading.stopped)
        err_set(err, ERR_INVALID, "no XML at byte %lld: %s",
                (long long)XML_GetCurrentByteIndex(reading.parser),
                XML_ErrorString(XML_GetErrorCode(reading.parser)));
    XML_ParserFree(reading.parser);
    buf_finish(&reading.text);
    return status == XML_STATUS_OK;
}

struct finding {
    const char *name;
    char *text;
    size_t size;
    bool found;
};

static bool find_close(void *context, const char *name, unsigned depth, const char *text,
                       size_t length, struct err *err)
{
    struct finding *finding = context;
    (void)depth, (void)err;
    if (finding->found || strcmp(name, finding->name) != 0 || length == 0)
        return true;
    size_t kept = length < finding->size ? length : finding->size - 1;
    memcpy(finding->text, text, kept);
    finding->text[kept] = '\0';
    finding->found = true;
    return true;
}

bool xml_find(const char *data, size_t size, const char *name, char *text, size_t text_size)
{
    struct finding finding = {.name = name, .text = text, .size = text_size};
    const struct xml_handler handler = {.context = &finding, .close = find_close};
    text[0] = '\0';
    return size > 0 && xml_parse(data, size, &handler, NULL) && finding.found;
}
