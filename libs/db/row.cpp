#include "db/row.hpp"

#include <libpq-fe.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace mita::db {

namespace {

// pg_type.dat; these numbers never change.
namespace oid {
constexpr Oid boolean = 16, bytea = 17, name = 19, int8 = 20, int2 = 21, int4 = 23, text = 25, oid = 26, json = 114,
              float4 = 700, float8 = 701, int2_array = 1005, int4_array = 1007, text_array = 1009, varchar_array = 1015,
              int8_array = 1016, bpchar = 1042, varchar = 1043, date = 1082, date_array = 1182, timestamptz = 1184,
              uuid = 2950, uuid_array = 2951, jsonb = 3802;
}  // namespace oid

constexpr auto epoch_days = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);

template <class T>
T big_endian(const char* p) {
    T v;
    std::memcpy(&v, p, sizeof v);
    if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(v)));
    if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(v)));
    if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(v)));
}

struct cell {
    Oid type;
    const char* data;
    std::size_t size;
};

[[noreturn]] void mismatch(const PGresult* r, int column, const char* wanted) {
    const char* name = PQfname(r, column);
    throw std::logic_error(std::string("db::row: column ") + std::to_string(column) + " (" + (name ? name : "?") +
                           ") has type oid " + std::to_string(PQftype(r, column)) + ", not readable as " + wanted);
}

cell at(const PGresult* r, int i, int column) {
    if (!r || i < 0 || i >= PQntuples(r) || column < 0 || column >= PQnfields(r)) {
        throw std::logic_error("db::row: no such row or column");
    }
    if (PQgetisnull(r, i, column)) {
        throw std::logic_error("db::row: column " + std::to_string(column) + " (" + PQfname(r, column) + ") is NULL");
    }
    return {PQftype(r, column), PQgetvalue(r, i, column), static_cast<std::size_t>(PQgetlength(r, i, column))};
}

std::chrono::year_month_day date_of(const char* p) {
    const auto days = big_endian<std::int32_t>(p);
    if (days == std::numeric_limits<std::int32_t>::max() || days == std::numeric_limits<std::int32_t>::min()) {
        throw std::range_error("db::row: infinite date");
    }
    // std::chrono::year holds a short; PostgreSQL's dates reach to the year 5874897.
    if (days > 11'000'000 || days < -11'000'000) throw std::range_error("db::row: date out of range");
    return std::chrono::year_month_day(epoch_days + std::chrono::days(days));
}

// Calls element(pointer, length) for each element of a one-dimensional array without NULLs.
// Format: int32 dimensions, flags, element oid; per dimension length and lower bound; per element length and bytes
// (array_send).
template <class Element>
void each_element(const cell& c, Oid element_type, Element element) {
    constexpr std::size_t fixed = 12;
    if (c.size < fixed) throw std::logic_error("db::row: broken array");
    const auto dimensions = big_endian<std::int32_t>(c.data);
    if (dimensions == 0) return;
    if (dimensions != 1) throw std::logic_error("db::row: array of several dimensions");
    if (static_cast<Oid>(big_endian<std::int32_t>(c.data + 8)) != element_type)
        throw std::logic_error("db::row: array element type");
    if (c.size < fixed + 8) throw std::logic_error("db::row: broken array");
    const auto count = big_endian<std::int32_t>(c.data + fixed);
    std::size_t at = fixed + 8;
    for (std::int32_t i = 0; i < count; ++i) {
        if (c.size - at < 4) throw std::logic_error("db::row: broken array");
        const auto length = big_endian<std::int32_t>(c.data + at);
        at += 4;
        if (length < 0) throw std::logic_error("db::row: NULL in an array");
        if (c.size - at < static_cast<std::size_t>(length)) throw std::logic_error("db::row: broken array");
        element(c.data + at, static_cast<std::size_t>(length));
        at += static_cast<std::size_t>(length);
    }
}

uuid uuid_of(const char* p) {
    uuid id;
    std::memcpy(id.bytes.data(), p, id.bytes.size());
    return id;
}

}  // namespace

struct row::reader {
    static const PGresult* result(const row& r) { return static_cast<const PGresult*>(r.owner_->result_.get()); }
};

bool row::is_null(int column) const {
    const auto* r = reader::result(*this);
    if (!r || index_ < 0 || index_ >= PQntuples(r) || column < 0 || column >= PQnfields(r)) {
        throw std::logic_error("db::row: no such row or column");
    }
    return PQgetisnull(r, index_, column) != 0;
}

void row::read(int column, bool& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::boolean) mismatch(r, column, "bool");
    out = *c.data != 0;
}

void row::read(int column, std::int16_t& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::int2) mismatch(r, column, "int16");
    out = big_endian<std::int16_t>(c.data);
}

void row::read(int column, std::int32_t& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type == oid::int4)
        out = big_endian<std::int32_t>(c.data);
    else if (c.type == oid::int2)
        out = big_endian<std::int16_t>(c.data);
    else
        mismatch(r, column, "int32");
}

void row::read(int column, std::int64_t& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type == oid::int8)
        out = big_endian<std::int64_t>(c.data);
    else if (c.type == oid::int4)
        out = big_endian<std::int32_t>(c.data);
    else if (c.type == oid::int2)
        out = big_endian<std::int16_t>(c.data);
    else if (c.type == oid::oid)
        out = static_cast<std::uint32_t>(big_endian<std::int32_t>(c.data));
    else
        mismatch(r, column, "int64");
}

void row::read(int column, double& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type == oid::float8)
        out = std::bit_cast<double>(big_endian<std::int64_t>(c.data));
    else if (c.type == oid::float4)
        out = static_cast<double>(std::bit_cast<float>(big_endian<std::int32_t>(c.data)));
    else
        mismatch(r, column, "double");
}

void row::read(int column, std::string_view& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    switch (c.type) {
        case oid::text:
        case oid::varchar:
        case oid::bpchar:
        case oid::name:
        case oid::bytea:
        case oid::json:
            out = std::string_view(c.data, c.size);
            return;
        case oid::jsonb:  // one version byte, then the text
            if (c.size == 0 || *c.data != 1) mismatch(r, column, "jsonb version 1");
            out = std::string_view(c.data + 1, c.size - 1);
            return;
        default:
            mismatch(r, column, "text");
    }
}

void row::read(int column, std::string& out) const {
    std::string_view view;
    read(column, view);
    out.assign(view);
}

void row::read(int column, uuid& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::uuid) mismatch(r, column, "uuid");
    out = uuid_of(c.data);
}

void row::read(int column, wall::time_point& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::timestamptz) mismatch(r, column, "timestamptz");
    const auto us = big_endian<std::int64_t>(c.data);
    if (us == std::numeric_limits<std::int64_t>::max() || us == std::numeric_limits<std::int64_t>::min()) {
        throw std::range_error("db::row: infinite timestamp");
    }
    out =
        wall::time_point(std::chrono::sys_time<std::chrono::microseconds>(epoch_days)) + std::chrono::microseconds(us);
}

void row::read(int column, std::chrono::year_month_day& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::date) mismatch(r, column, "date");
    out = date_of(c.data);
}

void row::read(int column, std::vector<std::int64_t>& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    out.clear();
    if (c.type == oid::int8_array) {
        each_element(c, oid::int8, [&](const char* p, std::size_t) { out.push_back(big_endian<std::int64_t>(p)); });
    } else if (c.type == oid::int4_array) {
        each_element(c, oid::int4, [&](const char* p, std::size_t) { out.push_back(big_endian<std::int32_t>(p)); });
    } else if (c.type == oid::int2_array) {
        each_element(c, oid::int2, [&](const char* p, std::size_t) { out.push_back(big_endian<std::int16_t>(p)); });
    } else {
        mismatch(r, column, "integer array");
    }
}

void row::read(int column, std::vector<std::string>& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    out.clear();
    const auto take = [&](const char* p, std::size_t n) { out.emplace_back(p, n); };
    if (c.type == oid::text_array)
        each_element(c, oid::text, take);
    else if (c.type == oid::varchar_array)
        each_element(c, oid::varchar, take);
    else
        mismatch(r, column, "text array");
}

void row::read(int column, std::vector<uuid>& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::uuid_array) mismatch(r, column, "uuid array");
    out.clear();
    each_element(c, oid::uuid, [&](const char* p, std::size_t) { out.push_back(uuid_of(p)); });
}

void row::read(int column, std::vector<std::chrono::year_month_day>& out) const {
    const auto* r = reader::result(*this);
    const auto c = at(r, index_, column);
    if (c.type != oid::date_array) mismatch(r, column, "date array");
    out.clear();
    each_element(c, oid::date, [&](const char* p, std::size_t) { out.push_back(date_of(p)); });
}

rows::rows(std::shared_ptr<void> pg_result) : result_(std::move(pg_result)) {}

int rows::size() const { return result_ ? PQntuples(static_cast<const PGresult*>(result_.get())) : 0; }

row rows::front() const {
    if (empty()) throw std::logic_error("db::rows: front() of nothing");
    return row(this, 0);
}

std::int64_t rows::affected() const {
    if (!result_) return 0;
    const std::string_view text = PQcmdTuples(static_cast<PGresult*>(result_.get()));
    std::int64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

std::string rows::command_tag() const { return result_ ? PQcmdStatus(static_cast<PGresult*>(result_.get())) : ""; }

}  // namespace mita::db
