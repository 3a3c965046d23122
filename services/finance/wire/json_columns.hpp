// A row that came as a JSON array (jsonb_build_array of a column list), read from left to right as db::columns reads
// one that came as columns: so a row type has one list and one reader. Throws std::exception on anything else: it is
// our own.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

class json_columns {
public:
    explicit json_columns(const boost::json::array& values) : values_(values) {}

    // T: bool, std::int64_t, std::string, uuid, wall::time_point, std::chrono::year_month_day,
    // std::vector<std::string>, std::optional of them.
    template <class T>
    T next() {
        T out{};
        read(values_.at(at_++), out);
        return out;
    }

private:
    static void read(const boost::json::value& v, bool& out);
    static void read(const boost::json::value& v, std::int64_t& out);
    static void read(const boost::json::value& v, std::string& out);
    static void read(const boost::json::value& v, uuid& out);
    static void read(const boost::json::value& v, wall::time_point& out);
    static void read(const boost::json::value& v, std::chrono::year_month_day& out);
    static void read(const boost::json::value& v, std::vector<std::string>& out);
    template <class T>
    static void read(const boost::json::value& v, std::optional<T>& out) {
        if (!v.is_null()) read(v, out.emplace());
    }

    const boost::json::array& values_;
    std::size_t at_ = 0;
};

}  // namespace mita::finance
