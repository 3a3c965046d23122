// A connection's input: Beast's flat_buffer, in place, its header kept out of ours. Bytes are put at the end and
// consumed at the front; views into it hold until space() must move them. Used by sessions and by answer_reader.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace mita::http {

class connection_buffer {
public:
    static constexpr std::size_t small = 4 << 10;  // what an idle connection of a server keeps

    connection_buffer();
    ~connection_buffer();
    connection_buffer(const connection_buffer&) = delete;
    connection_buffer& operator=(const connection_buffer&) = delete;

    std::string_view view() const;
    std::size_t size() const { return view().size(); }
    // What space() gives without growing. It moves nothing while what is held begins where the buffer does, as it does
    // after a space() of at least so much.
    std::size_t room() const;
    char* space(std::size_t n);   // of n bytes behind what is held
    void commit(std::size_t n);   // the first n of them are held now
    void consume(std::size_t n);  // at the front
    void shrink();                // to small at most, when nothing is held

private:
    alignas(void*) std::array<std::byte, 48> place_;
};

}  // namespace mita::http
