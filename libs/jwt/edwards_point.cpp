#include "jwt/edwards_point.hpp"

#include "jwt/crypto.hpp"

#include <openssl/bn.h>
#include <openssl/err.h>

namespace mita::jwt::crypto {

namespace {

using bignum = std::unique_ptr<BIGNUM, by<BN_free>>;
using bn_context = std::unique_ptr<BN_CTX, by<BN_CTX_free>>;

}  // namespace

bool good_edwards_point(std::string_view encoded) {
    const bn_context ctx(BN_CTX_new());
    const bignum p(BN_new()), y(BN_lebin2bn(bytes(encoded), 32, nullptr)), d(BN_new());
    const bignum yy(BN_new()), u(BN_new()), v(BN_new()), xx(BN_new()), x(BN_new());
    if (!ctx || !p || !y || !d || !yy || !u || !v || !xx || !x) fail("out of memory");
    // p = 2^255 - 19, d = -121665/121666
    BN_set_bit(p.get(), 255);
    BN_sub_word(p.get(), 19);
    BN_set_word(v.get(), 121666);
    if (BN_mod_inverse(d.get(), v.get(), p.get(), ctx.get()) == nullptr) fail("arithmetic");
    BN_mul_word(d.get(), 121665);
    BN_mod(d.get(), d.get(), p.get(), ctx.get());
    BN_sub(d.get(), p.get(), d.get());
    BN_clear_bit(y.get(), 255);                       // the sign of x
    if (BN_cmp(y.get(), p.get()) >= 0) return false;  // not canonical
    BN_mod_sqr(yy.get(), y.get(), p.get(), ctx.get());
    BN_mod_sub(u.get(), yy.get(), BN_value_one(), p.get(), ctx.get());
    BN_mod_mul(v.get(), d.get(), yy.get(), p.get(), ctx.get());
    BN_mod_add(v.get(), v.get(), BN_value_one(), p.get(), ctx.get());
    if (BN_mod_inverse(v.get(), v.get(), p.get(), ctx.get()) == nullptr) fail("arithmetic");
    BN_mod_mul(xx.get(), u.get(), v.get(), p.get(), ctx.get());
    if (BN_is_zero(xx.get()) || BN_is_zero(y.get())) return false;  // orders 1, 2 and 4
    BN_mod_add(u.get(), xx.get(), yy.get(), p.get(), ctx.get());
    if (BN_is_zero(u.get())) return false;  // order 8: doubling gives y = 0
    const bool root = BN_mod_sqrt(x.get(), xx.get(), p.get(), ctx.get()) != nullptr;
    ERR_clear_error();
    return root;
}

}  // namespace mita::jwt::crypto
