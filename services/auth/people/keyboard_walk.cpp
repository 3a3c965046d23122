#include "auth/people/keyboard_walk.hpp"

#include "core/utf8.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace mita::auth {

namespace {

constexpr std::size_t shortest = 4;
constexpr std::size_t longest = 40;  // whoever types more than a keyboard has keys is in nobody's list

// Four rows, each key above its lower left neighbour: down a column is one row on, at the same place.
using keyboard = std::array<std::u32string_view, 4>;
constexpr std::array<keyboard, 8> keyboards{{
    {U"1234567890-=", U"qwertyuiop[]", U"asdfghjkl;'", U"zxcvbnm,./"},
    {U"1234567890", U"qwertzuiopü+", U"asdfghjklöä#", U"yxcvbnm,.-"},
    {U"&é\"'(-è_çà)=", U"azertyuiop^$", U"qsdfghjklmù*", U"wxcvbn,;:!"},
    {U"1234567890", U"azertyuiop", U"qsdfghjklm", U"wxcvbn,;:!"},
    {U"1234567890-=", U"йцукенгшщзхъ", U"фывапролджэ", U"ячсмитьбю."},
    {U"1234567890-=", U"йцукенгшщзхї", U"фівапролджє", U"ячсмитьбю."},
    {U"1234567890-=", U",уеишщксдзц;", U"ьяаожгтнвмч", U"юйъэфхпрлб"},
    {U"1234567890-=", U";ςερτυθιοπ", U"ασδφγηξκλ", U"ζχψωβνμ"},
}};

struct place {
    int row, column;
};

std::optional<place> place_on(const keyboard& on, char32_t c) {
    for (std::size_t row = 0; row < on.size(); ++row) {
        const auto column = on[row].find(c);
        if (column != std::u32string_view::npos) return place{static_cast<int>(row), static_cast<int>(column)};
    }
    return std::nullopt;
}

struct key_step {
    int down, right;
    bool operator==(const key_step&) const = default;
};

// From one key to a neighbour, or to itself.
std::optional<key_step> step_between(const place& a, const place& b) {
    const key_step s{b.row - a.row, b.column - a.column};
    const bool along = s.down == 0 && s.right >= -1 && s.right <= 1;
    const bool down = (s.down == 1 || s.down == -1) && s.right == 0;
    if (!along && !down) return std::nullopt;
    return s;
}

bool walks(const keyboard& on, const std::u32string& keys) {
    std::vector<place> places;
    for (const char32_t c : keys) {
        const auto at = place_on(on, c);
        if (!at) return false;
        places.push_back(*at);
    }
    std::size_t length = 1;
    std::optional<key_step> way;
    for (std::size_t i = 1; i < places.size(); ++i) {
        const auto s = step_between(places[i - 1], places[i]);
        const bool goes_on = s && (!way || *s == *way || *s == key_step{0, 0});
        if (!goes_on && length < shortest) return false;
        length = goes_on ? length + 1 : 1;
        way = goes_on && *s != key_step{0, 0} ? s : goes_on ? way : std::nullopt;
    }
    return length >= shortest;
}

}  // namespace

bool is_keyboard_walk(std::string_view text) {
    std::u32string keys;
    for (std::size_t at = 0; at < text.size();) keys += utf8::next(text, at);
    for (const auto& on : keyboards)
        if (keys.size() >= shortest && keys.size() <= longest && walks(on, keys)) return true;
    return false;
}

}  // namespace mita::auth
