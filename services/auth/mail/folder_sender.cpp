#include "auth/mail/sender.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace mita::auth {

// A file is written whole under another name first: who watches the folder never reads half a message.
sender folder_sender(std::string folder) {
    namespace fs = std::filesystem;
    std::error_code ec;
    fs::create_directories(folder, ec);
    if (!fs::is_directory(folder, ec)) throw std::runtime_error("the folder for mails cannot be made: " + folder);
    fs::permissions(folder, fs::perms::owner_all, ec);
    return [folder = std::move(folder)](const message& m, const std::atomic<bool>&) {
        const fs::path to = fs::path(folder) / (m.id + ".eml"), making = fs::path(folder) / ("." + m.id);
        delivered out;
        std::error_code fault;
        {
            std::ofstream file(making, std::ios::binary | std::ios::trunc);
            file << "X-Envelope-To: " << m.to << "\r\n" << m.text;
            file.flush();
            if (!file) {
                out.why = "the folder for mails cannot be written";
                return out;
            }
        }
        fs::rename(making, to, fault);
        if (fault) {
            out.why = "the folder for mails cannot be written";
            return out;
        }
        out.how = delivery::sent;
        return out;
    };
}

}  // namespace mita::auth
