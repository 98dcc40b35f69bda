// simdjson's part of tools/bench codec: see codec_driver.c. SYSTEM is ondemand or dom.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

using clock_type = std::chrono::steady_clock;

static size_t decode_ondemand(simdjson::ondemand::parser &parser,
                              const simdjson::padded_string &body, double *matrix)
{
    size_t count = 0;
    simdjson::ondemand::document document = parser.iterate(body);
    for (auto row : document["input"].get_array())
        for (auto cell : row.get_array())
            matrix[count++] = double(cell.get_double());
    return count;
}

static size_t decode_dom(simdjson::dom::parser &parser, const simdjson::padded_string &body,
                         double *matrix)
{
    size_t count = 0;
    simdjson::dom::element root = parser.parse(body);
    for (simdjson::dom::element row : root["input"].get_array())
        for (simdjson::dom::element cell : row.get_array())
            matrix[count++] = double(cell.get_double());
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    simdjson::padded_string body = simdjson::padded_string::load(argv[1]);
    std::vector<double> matrix(body.size() / 2 + 1);
    simdjson::ondemand::parser ondemand;
    simdjson::dom::parser dom;
    int64_t best = INT64_MAX;
    size_t count = 0;
    auto end = clock_type::now() + std::chrono::duration<double>(std::stod(argv[3]));
    do {
        auto began = clock_type::now();
        count = std::strcmp(argv[2], "dom") == 0 ? decode_dom(dom, body, matrix.data())
                                                 : decode_ondemand(ondemand, body, matrix.data());
        best = std::min<int64_t>(best, std::chrono::nanoseconds(clock_type::now() - began).count());
    } while (clock_type::now() < end);
    uint64_t bits, all = 0;
    for (size_t i = 0; i < count; i++) {
        std::memcpy(&bits, &matrix[i], sizeof bits);
        all ^= bits;
    }
    std::printf("%lld %llx\n", (long long)best, (unsigned long long)all);
}
