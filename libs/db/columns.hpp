// A row read from left to right, in the order of the column list it was selected by, so that list and reader stand side
// by side and neither counts. Used by the readers of each row type; views the row's result.
#pragma once

#include "db/row.hpp"

namespace mita::db {

class columns {
public:
    explicit columns(const row& r, int first = 0) : row_(r), at_(first) {}
    // As row::get, then one further.
    template <class T>
    T next() {
        return row_.get<T>(at_++);
    }

private:
    row row_;
    int at_;
};

}  // namespace mita::db
