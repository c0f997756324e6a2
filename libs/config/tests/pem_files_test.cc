#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/text.h"
#include "config/load.h"

namespace tidemark {
namespace {

constexpr long kDay = 86'400;

std::string TextOf(BIO* out) {
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out, &text);
  return {text, static_cast<std::size_t>(size)};
}

// A key and a certificate of its own for it, as PEM.
struct Pair {
  std::string certificate;
  std::string key;

  explicit Pair(long valid_until = kDay) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"),
                                                                   &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -2 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), valid_until);
    X509_set_pubkey(made.get(), pair.get());
    REQUIRE(X509_sign(made.get(), pair.get(), EVP_sha256()) > 0);
    const std::unique_ptr<BIO, decltype(&BIO_free)> first(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(first.get(), made.get());
    certificate = TextOf(first.get());
    const std::unique_ptr<BIO, decltype(&BIO_free)> second(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PrivateKey(second.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    key = TextOf(second.get());
  }
};

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               StrCat("pem_files_test-", std::to_string(::getpid()));

  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string File(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return path / name;
  }
};

std::string WrongWith(const TlsSettings& settings) {
  const auto files = ReadPemFiles(settings);
  return files.ok() ? "" : files.status().message();
}

bool Says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("files that fit are read, and what is not configured is empty") {
  const Folder folder;
  const Pair pair;
  const TlsSettings settings{.certificate = folder.File("c", pair.certificate),
                             .key = folder.File("k", pair.key),
                             .client_ca = folder.File("a", Pair().certificate)};
  const auto files = ReadPemFiles(settings);
  REQUIRE(files.ok());
  CHECK(files->certificate == pair.certificate);
  CHECK(files->key == pair.key);
  CHECK(files->ca.empty());
  CHECK_FALSE(files->client_ca.empty());
  CHECK(ReadPemFiles({}).ok());
}

TEST_CASE("swapped files, another's key and a wrong file are told by setting and path") {
  const Folder folder;
  const Pair pair;
  const std::string certificate = folder.File("c", pair.certificate);
  const std::string key = folder.File("k", pair.key);
  const std::string swapped = WrongWith({.certificate = key, .key = certificate});
  CHECK(Says(swapped, StrCat("tls.certificate (", key, "): holds a private key")));
  CHECK(Says(swapped, StrCat("tls.key (", certificate, "): holds a certificate")));
  CHECK(Says(swapped, "swapped?"));

  const std::string others = folder.File("o", Pair().key);
  const std::string foreign = WrongWith({.certificate = certificate, .key = others});
  CHECK(Says(foreign, StrCat("tls.key (", others, "): is not the key of the certificate")));
  CHECK(Says(foreign, certificate));

  const std::string text = folder.File("t", "not PEM\n");
  CHECK(Says(WrongWith({.ca = text}), StrCat("tls.ca (", text, "): holds no certificate")));
  CHECK(Says(WrongWith({.client_ca = key}), "tls.client_ca ("));
  CHECK(Says(WrongWith({.ca = folder.File("e", "")}), "the file is empty"));
}

TEST_CASE("a certificate that has expired is refused, one that expires tomorrow is not") {
  const Folder folder;
  const Pair old(-kDay);
  const TlsSettings settings{.certificate = folder.File("c", old.certificate),
                             .key = folder.File("k", old.key)};
  CHECK(Says(WrongWith(settings), "expired at "));
}

TEST_CASE("everything that is wrong comes at once, a line each") {
  const Folder folder;
  const std::string absent = folder.path / "absent";
  const std::string wrong = WrongWith({.certificate = absent, .key = absent, .ca = absent});
  CHECK(std::count(wrong.begin(), wrong.end(), '\n') == 2);
  for (const char* setting : {"tls.certificate (", "tls.key (", "tls.ca ("}) {
    CHECK(Says(wrong, setting));
  }
  CHECK(Says(wrong, "No such file"));
}

}  // namespace
}  // namespace tidemark
