// Settings that were meant but misspelt: a variable of the environment that nobody reads and whose name is all but the
// name of one that is read. Used by config. One environment often serves all three services and the deploy scripts, so
// a name that is merely unknown is none of our business; that no name of the project is near another, a test holds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mita {

// How many letters must be added, left out, replaced or swapped with their neighbour to make one of the other
// (Damerau-Levenshtein, each place edited once).
std::size_t edit_distance(std::string_view a, std::string_view b);

struct misspelling {
    std::string name;     // as given
    std::string nearest;  // the name it was meant to be
};

// Those of `given` that are not in `read` and at most two edits (one, where what follows MITA_ has fewer than six
// letters) away from a name that is. In the order given.
std::vector<misspelling> misspelt(const std::vector<std::string>& given, const std::vector<std::string>& read);

}  // namespace mita
