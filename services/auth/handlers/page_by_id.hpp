// One page of a list that goes by id, the newest first, and that the database cuts: limit, cursor, the place it goes on
// from, and the answer. Used by handlers of lists.
#pragma once

#include "auth/app.hpp"
#include "core/ids.hpp"
#include "http/message.hpp"
#include "http/query_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::auth {

class page_by_id {
public:
    // Takes limit and cursor; what else there is in the query is the caller's to take and to finish().
    page_by_id(const http::request& req, app& a, http::query_reader& in);

    // After in.finish(). path: of the list, as Link has it; filter: what else was asked for, as a query; the cursor is
    // bound to both and to who asks. Throws api_error 400 invalid_cursor.
    void go_on(std::string_view path, std::string filter = {});
    std::optional<uuid> before;              // only what is older; none: from the newest on
    int rows() const { return limit_ + 1; }  // what to read: one more than is shown tells whether there are more

    // 200 with its tag, or 304. write(out, item) appends one as JSON.
    template <class T, class Write>
    http::response answer(std::vector<T> found, Write write) const {
        std::optional<uuid> last;
        if (std::cmp_greater(found.size(), limit_)) {
            found.pop_back();
            last = found.back().id;
        }
        std::string out = "{\"data\":[";
        for (const auto& item : found) {
            if (&item != &found.front()) out += ',';
            write(out, item);
        }
        return ended(std::move(out), last);
    }

private:
    http::response ended(std::string out, std::optional<uuid> last) const;

    const http::request& req_;
    app& a_;
    int limit_;
    std::optional<std::string> cursor_;
    std::string path_, filter_, scope_;
};

}  // namespace mita::auth
