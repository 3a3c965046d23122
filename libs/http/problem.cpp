#include "http/problem.hpp"

#include "core/deadline.hpp"
#include "core/json_reader.hpp"

#include <new>

namespace mita::http {

std::string_view reason(unsigned status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 207:
            return "Multi-Status";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 425:
            return "Too Early";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

namespace {

bool has_header(const api_error& error, std::string_view name) {
    for (const auto& [key, value] : error.headers)
        if (iequals(key, name)) return true;
    return false;
}

void member(std::string& out, std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    append_json_string(out, value);
}

}  // namespace

void write_problem(response& out, const request& req, const api_error& error) {
    out.clear();
    out.status = error.status;
    out.content_type = "application/problem+json";
    out.headers = error.headers;
    if (error.status == 401 && !has_header(error, "WWW-Authenticate"))
        out.headers.emplace_back("WWW-Authenticate", "Bearer");
    if ((error.status == 429 || error.status == 503) && !has_header(error, "Retry-After"))
        out.headers.emplace_back("Retry-After", "1");
    out.code = error.code;
    std::string& body = out.body;
    body.append(R"({"type":"about:blank","title":")").append(reason(error.status)).append("\",\"status\":");
    body.append(std::to_string(error.status));
    member(body, "detail", error.what());
    if (!req.path.empty()) member(body, "instance", req.path);
    member(body, "code", error.code);
    if (!req.id.empty()) member(body, "request_id", req.id);
    if (!error.errors.empty()) {
        body.append(",\"errors\":");
        char separator = '[';
        for (const field_error& e : error.errors) {
            body.push_back(separator);
            body.append("{\"pointer\":");
            append_json_string(body, e.pointer);
            member(body, "code", e.code);
            member(body, "detail", e.detail);
            body.push_back('}');
            separator = ',';
        }
        body.push_back(']');
    }
    body.push_back('}');
}

unsigned write_exception(response& out, const request& req, std::exception_ptr error, std::string& detail_for_log,
                         exception_mapper mapper) {
    detail_for_log.clear();
    try {
        std::rethrow_exception(error);
    } catch (const api_error& e) {
        if (e.status >= 500) detail_for_log = e.code + ": " + e.what();
        write_problem(out, req, e);
    } catch (const deadline_exceeded& e) {
        detail_for_log = e.what();
        write_problem(out, req, api_error(504, "deadline_exceeded", "The request took longer than its deadline"));
    } catch (const overloaded& e) {
        detail_for_log = e.what();
        api_error busy(503, "overloaded", "The service is busy; try again");
        busy.with_header("Retry-After", std::to_string(e.retry_after));
        write_problem(out, req, busy);
    } catch (const std::bad_alloc&) {  // of this request; others may need less
        detail_for_log = "out of memory";
        api_error busy(503, "overloaded", "The service is busy; try again");
        busy.with_header("Retry-After", "1");
        write_problem(out, req, busy);
    } catch (const std::exception& e) {
        detail_for_log = e.what();
        const std::optional<api_error> mapped = mapper == nullptr ? std::nullopt : mapper(e);
        write_problem(out, req, mapped ? *mapped : api_error(500, "internal", "An internal error occurred"));
    } catch (...) {
        detail_for_log = "unknown exception";
        write_problem(out, req, api_error(500, "internal", "An internal error occurred"));
    }
    return out.status;
}

}  // namespace mita::http
