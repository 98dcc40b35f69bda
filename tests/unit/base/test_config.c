#include "config_fixture.h"

static void assert_problem(struct fixture *fixture, const char *text, int line, const char *words)
{
    char place[128];
    assert_false(read_text(fixture, text));
    const char *told = buf_text(&fixture->problems.text);
    if (fixture->problems.count != 1)
        print_message("# %s", told);
    assert_int_equal(fixture->problems.count, 1);
    snprintf(place, sizeof place, "%s:%d: ", fixture->path, line);
    assert_memory_equal(told, place, strlen(place));
    if (strstr(told, words) == NULL)
        print_message("# %s", told);
    assert_non_null(strstr(told, words));
}

static void test_defaults(void **state)
{
    struct fixture *fixture = *state;
    const struct values *values = &fixture->values;
    assert_string_equal(values->listen, "unix:/run/x");
    assert_string_equal(values->note, "");
    assert_int_equal(values->threads, 0);
    assert_int_equal(values->format, 0);
    assert_false(values->verbose);
    assert_int_equal(values->body, 16 * 1024 * 1024);
    assert_int_equal(values->timeout, INT64_C(5000000000));
    assert_int_equal(values->mode, 0660);
    assert_true(values->ratio == 0.1);
    struct config_option broken = options[1];
    broken.value = "many";
    struct config_table bad = {&broken, 1, sizeof(struct values), "X"};
    struct values other = {0};
    struct err err = ERR_INIT;
    assert_false(config_defaults(&bad, &other, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.text, "threads"));
    config_finish(&bad, &other);
}

static void test_file(void **state)
{
    struct fixture *fixture = *state;
    assert_true(read_text(fixture, "\xEF\xBB\xBF# comment\r\n"
                                   "[server] ; trailing words are a comment\r\n"
                                   "  threads = 8 ; why\r\n"
                                   "\tlisten: tcp:1=2\n"
                                   "max-body=64K\nread-timeout = 250ms\nlisten-mode = 600\n"
                                   "; other\n\n[log]\nverbose=ON\nlog-format = JSON\n"
                                   "ratio = 1e-3\nnote =\n[server]"));
    const struct values *values = &fixture->values;
    assert_int_equal(values->threads, 8);
    assert_string_equal(values->listen, "tcp:1=2");
    assert_int_equal(values->body, 65536);
    assert_int_equal(values->timeout, 250000000);
    assert_int_equal(values->mode, 0600);
    assert_true(values->verbose);
    assert_int_equal(values->format, 1);
    assert_true(values->ratio == 1e-3);
    assert_true(read_text(fixture, ""));
}

static void test_file_problems(void **state)
{
    struct fixture *fixture = *state;
    assert_problem(fixture, "[server]\nthreds = 4\n", 2, "did you mean threads?");
    assert_problem(fixture, "[server]\nqqqqqqqq = 4\n", 2, "--help lists them");
    assert_problem(fixture, "\n[sever]\nthreads = 4\nmax-body=1\n", 2, "did you mean [server]?");
    assert_problem(fixture, "[zzzzzz]\n", 1, "there is no such section");
    assert_problem(fixture, "[log]\nthreads = 4\n", 2, "belongs under [server]");
    assert_problem(fixture, "threads = 4\n", 1, "belongs under [server]");
    assert_problem(fixture, "[server\nthreads = 4\n", 1, "not closed");
    assert_problem(fixture, "[server]\nthreads 4\n", 2, "neither a section nor a setting");
    assert_problem(fixture, "[server]\nthreads = 1\n\nthreads = 2\n", 4, "given on line 2");
    assert_problem(fixture, "[server]\nthreads = 1025\n", 2, "from 0 to 1024");
    assert_problem(fixture, "[log]\nnote = \"open\n", 2, "quotes do not close");
    assert_problem(fixture, "[log]\nnote = \"a\" b\"\n", 2, "quotes do not close");
    assert_problem(fixture, "[log]\nnote = \"\\q\"\n", 2, "unknown escape");
    assert_problem(fixture, "[log]\nnote = \"\\x00\"\n", 2, "unknown escape");
    assert_problem(fixture, "[server]\nthreads = 1\n  \"2\"\n", 3, "only a text goes on");
    assert_false(read_bytes(fixture, "[log]\nnote = a\0b\n", 17));
    assert_non_null(strstr(buf_text(&fixture->problems.text), ":2: the line holds a NUL"));
}

/* inih would take the first part of a long line for its whole. */
static void test_long_line(void **state)
{
    struct fixture *fixture = *state;
    char text[600] = "[log]\nnote = ";
    memset(text + strlen(text), 'a', 400);
    strcat(text, "\n[server]\nthreads = 3\n");
    assert_problem(fixture, text, 2, "the line has 407 bytes, the limit is");
    assert_string_equal(fixture->values.note, "");
    assert_int_equal(fixture->values.threads, 3);
    /* The longest one that is taken is taken whole. */
    char line[256];
    size_t longest = 0;
    for (size_t length = 1; length < 230; length++) {
        snprintf(line, sizeof line, "[log]\nnote = %.*s\n", (int)length, text + 13);
        if (!read_text(fixture, line))
            break;
        assert_int_equal(strlen(fixture->values.note), length);
        longest = length;
    }
    assert_in_range(longest, 150, 229);
}

static void test_all_problems_at_once(void **state)
{
    struct fixture *fixture = *state;
    assert_false(read_text(fixture, "[server]\nthreads = -1\nlisten = here\nmax-body = 1 g\nnope\n"
                                    "[log]\nratio = 2\nverbose = maybe\nlog-format = xml\n"));
    assert_int_equal(fixture->problems.count, 6);
    const char *told = buf_text(&fixture->problems.text);
    static const char *const words[] = {
        ":2: [server] threads: \"-1\" is too small; give a whole number, from 0 to 1024\n",
        ":4: [server] max-body: \"1 g\" is not a size; give a size in bytes such as 65536, 64k, "
        "16m "
        "or 2g, from 1k to 1g\n",
        ":5: ",
        ":7: [log] ratio: \"2\" is too large; give a number, from 0 to 1\n",
        ":8: [log] verbose: \"maybe\" is neither yes nor no; give yes or no\n",
        ":9: [log] log-format: \"xml\" is not one of the choices; give text or json\n",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_non_null(strstr(told, words[i]));
    assert_string_equal(fixture->values.listen, "here"); /* what is right is taken, */
    assert_int_equal(fixture->values.threads, 0);        /* what is not leaves the old value */
    assert_int_equal(fixture->values.body, 16 << 20);
    assert_true(fixture->values.ratio == 0.1);
    assert_int_equal(fixture->values.format, 0);
}

static void test_unreadable_file(void **state)
{
    struct fixture *fixture = *state;
    assert_false(config_read_file(&table, &fixture->values, "/nonexistent/x", &fixture->problems));
    assert_false(config_read_file(&table, &fixture->values, "/tmp", &fixture->problems));
    assert_int_equal(fixture->problems.count, 2);
    assert_non_null(strstr(buf_text(&fixture->problems.text), "/nonexistent/x"));
}

struct sample {
    const char *text;
    bool good;
    double expected;
};

static void assert_samples(struct fixture *fixture, const char *name, const struct sample *samples,
                           size_t count, const void *place, bool real)
{
    for (size_t i = 0; i < count; i++) {
        char flag[128];
        snprintf(flag, sizeof flag, "--%s=%s", name, samples[i].text);
        const char *arguments[] = {flag};
        int next = 0;
        int64_t integer, before;
        memcpy(&before, place, sizeof before);
        bool ok = read_flags(fixture, 1, arguments, &next);
        if (ok != samples[i].good)
            print_message("# %s\n", flag);
        assert_int_equal(ok, samples[i].good);
        double got;
        memcpy(&integer, place, sizeof integer);
        memcpy(&got, place, sizeof got);
        if (!ok)
            assert_int_equal(integer, before);
        else
            assert_true((real ? got : (double)integer) == samples[i].expected);
    }
}

static void test_values(void **state)
{
    struct fixture *fixture = *state;
    static const struct sample integers[] = {
        {"0", true, 0},   {"007", true, 7},   {"1024", true, 1024},
        {"", false, 0},   {" 1", false, 0},   {"1 ", false, 0},
        {"+1", false, 0}, {"0x10", false, 0}, {"1.0", false, 0},
        {"-", false, 0},  {"1e2", false, 0},  {"18446744073709551617", false, 0},
    };
    static const struct sample sizes[] = {
        {"1024", true, 1024},  {"1k", true, 1024},
        {"2M", true, 2097152}, {"1g", true, 1 << 30},
        {"1023", false, 0},    {"2g", false, 0},
        {"k", false, 0},       {"1kb", false, 0},
        {"-1k", false, 0},     {"1 k", false, 0},
        {"0", false, 0},       {"9223372036854775807k", false, 0},
        {"1.5k", false, 0},    {"18014398509481985k", false, 0},
    };
    static const struct sample durations[] = {
        {"1ms", true, 1e6},   {"250ms", true, 2.5e8},
        {"5s", true, 5e9},    {"2m", true, 1.2e11},
        {"1h", true, 3.6e12}, {"2000us", true, 2e6},
        {"5", false, 0},      {"s", false, 0},
        {"5 s", false, 0},    {"5sec", false, 0},
        {"61m", false, 0},    {"0", false, 0},
        {"1us", false, 0},    {"1000000ns", true, 1e6},
        {"-5s", false, 0},    {"99999999999999999h", false, 0},
    };
    static const struct sample reals[] = {
        {"0", true, 0},       {"0.25", true, 0.25}, {"1e-3", true, 1e-3}, {".5", true, 0.5},
        {"nan", false, 0},    {"inf", false, 0},    {"0x1p-1", false, 0}, {"", false, 0},
        {"0.5x", false, 0},   {" 0.5", false, 0},   {"1.0001", false, 0}, {"1e999", false, 0},
        {"-0.001", false, 0}, {"1e", false, 0},
    };
    static const struct sample modes[] = {
        {"0", true, 0},         {"660", true, 0660}, {"0777", true, 0777},
        {"07777", true, 07777}, {"10000", false, 0}, {"888", false, 0},
        {"rw", false, 0},       {"-1", false, 0},    {"", false, 0},
    };
#define SAMPLES(name, array, member, real)                                 \
    assert_samples(fixture, name, array, sizeof(array) / sizeof(array)[0], \
                   &fixture->values.member, real)
    SAMPLES("threads", integers, threads, false);
    SAMPLES("max-body", sizes, body, false);
    SAMPLES("read-timeout", durations, timeout, false);
    SAMPLES("ratio", reals, ratio, true);
    SAMPLES("listen-mode", modes, mode, false);
}

static void test_bool_words(void **state)
{
    struct fixture *fixture = *state;
    static const char *const yes[] = {"yes", "true", "on", "1", "Yes"};
    static const char *const no[] = {"no", "false", "off", "0", "OFF"};
    char text[64];
    for (size_t i = 0; i < 5; i++) {
        snprintf(text, sizeof text, "[log]\nverbose = %s\n", yes[i]);
        assert_true(read_text(fixture, text) && fixture->values.verbose);
        snprintf(text, sizeof text, "[log]\nverbose = %s\n", no[i]);
        assert_true(read_text(fixture, text) && !fixture->values.verbose);
    }
}

static void test_all_sources(void **state)
{
    struct fixture *fixture = *state;
    struct values values = {.listen = NULL};
    const char *environment[] = {"OMEN_LISTEN=from-environment", "OMEN_MAX_BODY=2k", NULL};
    assert_true(read_text(fixture, "[server]\nlisten = from-file\nthreads = 3\n"));
    assert_true(
        config_read(&table, &values, fixture->path, (char **)environment, &fixture->problems));
    assert_string_equal(values.listen, "from-environment");
    assert_int_equal(values.body, 2048);
    assert_int_equal(values.threads, 3);
    assert_int_equal(values.mode, 0660);
    config_finish(&table, &values);
    assert_true(config_read(&table, &values, "", NULL, &fixture->problems));
    assert_string_equal(values.listen, "unix:/run/x");
    config_finish(&table, &values);
    const char *wrong[] = {"OMEN_THREADS=x", NULL};
    assert_false(
        config_read(&table, &values, "/nonexistent/x", (char **)wrong, &fixture->problems));
    assert_int_equal(fixture->problems.count, 2);
    config_finish(&table, &values);
}

static void test_problems_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    const char *wrong[] = {"--threads=x", "--listen"};
    const char *at = NULL;
    char line[32];
    int next;
    assert_false(config_problem_next(&fixture->problems, &at, line, sizeof line));
    assert_false(read_flags(fixture, 2, wrong, &next));
    at = NULL;
    assert_true(config_problem_next(&fixture->problems, &at, line, sizeof line));
    assert_string_equal(line, "--threads: \"x\" is not a whole n"); /* cut to the size */
    assert_true(config_problem_next(&fixture->problems, &at, line, sizeof line));
    assert_memory_equal(line, "--listen: ", 10);
    assert_false(config_problem_next(&fixture->problems, &at, line, sizeof line));
}

static void test_exchange(void **state)
{
    struct fixture *fixture = *state;
    struct values other = {.listen = NULL};
    const char *flags[] = {"--listen=x", "--no-verbose", "--log-format=json", "--ratio=1",
                           "--threads=7"};
    int next;
    assert_true(config_defaults(&table, &other, NULL));
    assert_true(read_flags(fixture, 5, flags, &next));
    size_t differ = 0;
    for (size_t i = 0; i < table.count; i++) {
        differ += !config_is_same(&options[i], &fixture->values, &other);
        config_exchange(&options[i], &fixture->values, &other);
    }
    assert_int_equal(differ, 4);
    assert_string_equal(other.listen, "x");
    assert_string_equal(fixture->values.listen, "unix:/run/x");
    assert_int_equal(other.format, 1);
    assert_int_equal(other.threads, 7);
    assert_true(other.ratio > 0.9 && fixture->values.ratio < 0.2);
    config_finish(&table, &other);
}

static void assert_round_trip(struct fixture *fixture, const char *note)
{
    struct buf out = BUF_INIT;
    const char *flag[] = {"--note", note};
    int next;
    assert_true(read_flags(fixture, 2, flag, &next));
    config_print(&table, &fixture->values, &out);
    const char *arguments[] = {"--note=", "--threads=1"};
    read_flags(fixture, 2, arguments, &next);
    if (!read_text(fixture, buf_text(&out)))
        print_message("# %s", buf_text(&fixture->problems.text));
    assert_int_equal(fixture->problems.count, 0);
    assert_string_equal(fixture->values.note, note);
    assert_int_equal(fixture->values.threads, 12);
    buf_finish(&out);
    const char *back[] = {"--threads=12"};
    read_flags(fixture, 1, back, &next);
}

static void test_print_reads_back(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"--threads=12", "--max-body=1536", "--ratio=0.30000000000000004",
                               "--read-timeout=1500ms"};
    int next;
    assert_true(read_flags(fixture, 4, arguments, &next));
    struct buf out = BUF_INIT;
    config_print(&table, &fixture->values, &out);
    assert_string_equal(buf_text(&out),
                        "[server]\nlisten = unix:/run/x\nthreads = 12\nmax-body = 1536\n"
                        "read-timeout = 1500ms\nlisten-mode = 0660\n\n[log]\nlog-format = text\n"
                        "verbose = no\nratio = 0.30000000000000004\nnote = \n");
    buf_finish(&out);
    static const char *const notes[] = {"plain",      "a ;b",  ";",           "\"",
                                        "\\",         " pad ", "a\nb\tc\x01", "#x",
                                        "\"quoted\"", "[x]",   "\xC3\xA9",    "a=b:c"};
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        assert_round_trip(fixture, notes[i]);
    char longest[3000];
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = "ab;\"\\ \n\xC3\xA9#"[i % 10];
    longest[sizeof longest - 1] = '\0';
    assert_round_trip(fixture, longest);
    assert_true(fixture->values.ratio == 0.30000000000000004);
    assert_int_equal(fixture->values.body, 1536);
}

/* With its settings uncommented, the sample is a file that gives the defaults. */
static void test_sample_gives_defaults(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = BUF_INIT;
    config_print_sample(&table, &out);
    assert_non_null(strstr(buf_text(&out), "\n# Bytes of a body.\n#max-body = 16m\n"));
    assert_true(read_text(fixture, buf_text(&out)));
    char *text = strdup(buf_text(&out));
    for (char *c = text; *c != '\0'; c++)
        if (c[0] == '\n' && c[1] == '#' && c[2] != ' ')
            c[1] = ' ';
    const char *arguments[] = {"--threads=12", "--verbose", "--note=x"};
    int next;
    read_flags(fixture, 3, arguments, &next);
    assert_true(read_text(fixture, text));
    assert_int_equal(fixture->values.threads, 0);
    assert_false(fixture->values.verbose);
    assert_string_equal(fixture->values.note, "");
    free(text);
    buf_finish(&out);
}

static void test_help_and_manual(void **state)
{
    (void)state;
    struct buf help = BUF_INIT;
    struct buf manual = BUF_INIT;
    config_print_help(&table, &help);
    config_print_manual(&table, &manual);
    for (size_t i = 0; i < table.count; i++) {
        char flag[64];
        snprintf(flag, sizeof flag, "%s%s", options[i].type == CONFIG_BOOL ? "--[no-]" : "--",
                 options[i].name);
        assert_non_null(strstr(buf_text(&help), flag));
        assert_non_null(strstr(buf_text(&help), options[i].help));
        snprintf(flag, sizeof flag, "*--%s*=", options[i].name);
        assert_non_null(strstr(buf_text(&manual), flag));
    }
    assert_non_null(strstr(buf_text(&help), "  --log-format=text|json\n      Form of a line."));
    assert_non_null(
        strstr(buf_text(&manual), "*OMEN\\_READ\\_TIMEOUT*\n\tThe whole request. Takes"));
    buf_finish(&help);
    buf_finish(&manual);
}

/* A command's own options: no variables, no headings, and a bare flag where a bool takes none. */
static void test_manual_of_flags_only(void **state)
{
    (void)state;
    struct config_table own = table;
    struct buf manual = BUF_INIT;
    own.environment = NULL;
    config_print_manual(&own, &manual);
    assert_null(strstr(buf_text(&manual), "OMEN"));
    assert_null(strstr(buf_text(&manual), "## "));
    assert_non_null(strstr(buf_text(&manual), "*--[no-]verbose*\n\t"));
    assert_non_null(strstr(buf_text(&manual), "*--threads*=_N_\n\t"));
    buf_finish(&manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_defaults),
        CASE(test_file),
        CASE(test_file_problems),
        CASE(test_long_line),
        CASE(test_unreadable_file),
        CASE(test_all_problems_at_once),
        CASE(test_values),
        CASE(test_bool_words),
        CASE(test_all_sources),
        CASE(test_problems_one_by_one),
        CASE(test_exchange),
        CASE(test_print_reads_back),
        CASE(test_sample_gives_defaults),
        CASE(test_help_and_manual),
        CASE(test_manual_of_flags_only),
    };
    return cmocka_run_group_tests_name("base/config", tests, NULL, NULL);
}
