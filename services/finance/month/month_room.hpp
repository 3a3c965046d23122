// How much room a month has left while entries are added one after the other: what require_room says of one
// (facts_with_entry.hpp), of many without looking at the month anew for each. Pure. Used by writes of many.
#pragma once

#include "finance/month/headroom.hpp"

#include <vector>

namespace mita::finance {

class month_room {
public:
    explicit month_room(const loaded_month& got);

    // With `after` in it instead of `before`; either may be null. What the month holds only grows with each entry, line
    // by line, so a month that has room for all has room for each before. book: the person's.
    bool fits(const transaction* before, const transaction* after, const category_book& book) const {
        return !full_ && with(before, after, book).fits();
    }
    void replace(const transaction* before, const transaction* after, const category_book& book) {
        load_ = with(before, after, book);
    }

private:
    headroom with(const transaction* before, const transaction* after, const category_book& book) const;

    period over_;
    headroom load_;
    bool full_ = false;  // it cannot even be shown
};

}  // namespace mita::finance
