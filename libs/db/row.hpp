// Results: binary, decoded by column with an OID check. Owned by `rows`, so views stay valid as long as it lives.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::db {

class rows;

class row {
public:
    bool is_null(int column) const;
    // T: bool, std::int16_t, std::int32_t, std::int64_t (widening int2/int4/int8 allowed), std::string, std::string_view (text,
    // varchar, name, bytea, json/jsonb text), uuid, wall::time_point (timestamptz), std::chrono::year_month_day (date), double,
    // std::vector<std::int64_t> / <std::string> / <uuid> (one-dimensional arrays), std::optional<T> of any of them.
    // Throws std::logic_error on an OID mismatch, and on NULL for a non-optional T: both are our bugs.
    template <class T>
    T get(int column) const;

private:
    friend class rows;
    row(const rows* owner, int index) : owner_(owner), index_(index) {}
    const rows* owner_;
    int index_;
};

class rows {
public:
    rows() = default;
    explicit rows(std::shared_ptr<void> pg_result);  // adopted by the connection

    int size() const;
    bool empty() const { return size() == 0; }
    row operator[](int i) const { return row(this, i); }
    row front() const { return row(this, 0); }
    // Rows touched by INSERT/UPDATE/DELETE.
    std::int64_t affected() const;

    class iterator {
    public:
        iterator(const rows* owner, int i) : owner_(owner), i_(i) {}
        row operator*() const { return (*owner_)[i_]; }
        iterator& operator++() {
            ++i_;
            return *this;
        }
        bool operator==(const iterator& o) const { return i_ == o.i_; }

    private:
        const rows* owner_;
        int i_;
    };
    iterator begin() const { return iterator(this, 0); }
    iterator end() const { return iterator(this, size()); }

private:
    friend class row;
    std::shared_ptr<void> result_;
};

}  // namespace mita::db
