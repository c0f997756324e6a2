#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/load.h"

namespace tidemark {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

Memory Over(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

// An encrypted key cannot be asked a password for: nobody sits there.
int NoPassword(char*, int, int, void*) { return -1; }

// The first certificate of a PEM text; null if there is none.
Certificate FirstCertificate(const std::string& text) {
  Certificate found(PEM_read_bio_X509(Over(text).get(), nullptr, &NoPassword, nullptr), &X509_free);
  ERR_clear_error();
  return found;
}
Key PrivateKey(const std::string& text) {
  Key found(PEM_read_bio_PrivateKey(Over(text).get(), nullptr, &NoPassword, nullptr),
            &EVP_PKEY_free);
  ERR_clear_error();
  return found;
}

std::string TimeText(const ASN1_TIME* time) {
  const Memory out(BIO_new(BIO_s_mem()), &BIO_free);
  ASN1_TIME_print(out.get(), time);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// Reads the files and finds all that is wrong with them.
class PemReader {
 public:
  explicit PemReader(const TlsSettings& settings) : settings_(settings) {}

  Result<PemFiles> Read() {
    ReadFile("tls.certificate", settings_.certificate, files_.certificate);
    ReadFile("tls.key", settings_.key, files_.key);
    ReadFile("tls.ca", settings_.ca, files_.ca);
    ReadFile("tls.client_ca", settings_.client_ca, files_.client_ca);
    CheckPair();
    CheckAuthorities("tls.ca", settings_.ca, files_.ca);
    CheckAuthorities("tls.client_ca", settings_.client_ca, files_.client_ca);
    if (!problems_.empty()) return Status::Invalid(problems_);
    return std::move(files_);
  }

 private:
  void Problem(const char* setting, const std::string& path, const std::string& what) {
    problems_ += StrCat(problems_.empty() ? "" : "\n", setting, " (", path, "): ", what);
  }
  void ReadFile(const char* setting, const std::string& path, std::string& into) {
    if (path.empty()) return;
    auto content = ReadWholeFile(path);
    if (!content.ok()) return Problem(setting, path, content.status().message());
    into = std::move(content).value();
    if (into.empty()) Problem(setting, path, "the file is empty");
  }

  void CheckPair() {
    const Certificate certificate = FirstCertificate(files_.certificate);
    const Key key = PrivateKey(files_.key);
    if (!certificate && !files_.certificate.empty()) {
      Problem("tls.certificate", settings_.certificate,
              PrivateKey(files_.certificate)
                  ? "holds a private key and no certificate: are the two settings swapped?"
                  : "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    }
    if (!key && !files_.key.empty()) {
      Problem("tls.key", settings_.key,
              FirstCertificate(files_.key)
                  ? "holds a certificate and no private key: are the two settings swapped?"
                  : "holds no private key in PEM that can be read without a password");
    }
    if (!certificate || !key) return;
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
      ERR_clear_error();
      Problem("tls.key", settings_.key,
              StrCat("is not the key of the certificate in tls.certificate (",
                     settings_.certificate, ")"));
    }
    const ASN1_TIME* end = X509_get0_notAfter(certificate.get());
    if (X509_cmp_current_time(end) < 0) {
      Problem("tls.certificate", settings_.certificate,
              StrCat("expired at ", TimeText(end), ": renew it"));
    }
  }

  void CheckAuthorities(const char* setting, const std::string& path, const std::string& text) {
    if (text.empty() || FirstCertificate(text)) return;
    Problem(setting, path, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }

  const TlsSettings& settings_;
  PemFiles files_;
  std::string problems_;
};

}  // namespace

Result<PemFiles> ReadPemFiles(const TlsSettings& settings) { return PemReader(settings).Read(); }

}  // namespace tidemark
