#include "framework/tls/openssl.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sslerr.h>

namespace turbo::tls {
namespace {

// Loads the texts, as the first context does in a program.
const int kLoaded = OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);

std::string taken() {
  return std::string(openssl_status(absl::StatusCode::kInternal, "what").message());
}

TEST(OpensslTest, the_first_reason_is_told_and_the_queue_emptied) {
  ASSERT_EQ(kLoaded, 1);
  ERR_clear_error();
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  ERR_raise(ERR_LIB_SSL, SSL_R_CERT_CB_ERROR);
  EXPECT_EQ(taken(), "what: no shared cipher");
  EXPECT_EQ(ERR_peek_error(), 0U);
  EXPECT_EQ(taken(), "what: unknown error");
}

TEST(OpensslTest, a_reason_that_says_nothing_gives_way) {
  ERR_raise(ERR_LIB_PEM, ERR_R_ASN1_LIB);
  ERR_raise(ERR_LIB_PEM, PEM_R_BAD_BASE64_DECODE);
  EXPECT_EQ(taken(), "what: bad base64 decode");
  ERR_raise(ERR_LIB_PEM, ERR_R_ASN1_LIB);
  EXPECT_EQ(taken(), "what: ASN1 lib");
}

TEST(OpensslTest, data_system_errors_and_alerts_read_well) {
  ERR_raise_data(ERR_LIB_SSL, SSL_R_BAD_VALUE, "at line %d", 7);
  EXPECT_EQ(taken(), "what: bad value (at line 7)");
  ERR_raise(ERR_LIB_SYS, ENOENT);
  EXPECT_EQ(taken(), "what: No such file or directory");
  ERR_raise(ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA);
  EXPECT_EQ(taken(), "what: the peer sent the alert \"unknown ca\"");
  ERR_raise(ERR_LIB_SSL, SSL_R_TLSV1_UNRECOGNIZED_NAME);
  EXPECT_EQ(taken(), "what: the peer sent the alert \"unrecognized name\"");
  ERR_raise(ERR_LIB_SSL, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
  EXPECT_EQ(taken(), "what: the peer sent the alert \"certificate required\"");
}

TEST(OpensslTest, an_attached_object_lives_as_long_as_its_context) {
  struct Counted {
    explicit Counted(int& alive) : alive(alive) { ++alive; }
    ~Counted() { --alive; }
    int& alive;
  };
  int alive = 0;
  ContextPtr context(SSL_CTX_new(TLS_method()));
  EXPECT_EQ(Attached<Counted>::get(context.get()), nullptr);
  ASSERT_TRUE(Attached<Counted>::set(context.get(), std::make_unique<Counted>(alive)));
  EXPECT_NE(Attached<Counted>::get(context.get()), nullptr);
  SSL* const connection = SSL_new(context.get());
  context.reset();
  EXPECT_EQ(alive, 1);
  SSL_free(connection);
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace turbo::tls
