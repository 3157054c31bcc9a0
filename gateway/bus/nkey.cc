// nkeys (https://github.com/nats-io/nkeys): Ed25519 keys as base32 text without padding.
//
//   seed   = base32( kind[2] seed[32] crc[2] )   kind = 5 bits "seed", 8 bits type, 3 bits zero: 58 characters
//   public = base32( type[1] key[32] crc[2] )    56 characters
//   crc    = CRC-16/XMODEM of all before it, low byte first

#include "gateway/bus/nkey.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <vector>

namespace gw {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint8_t kind_seed = 18 << 3;
constexpr std::uint8_t type_user = 20 << 3;
constexpr std::size_t seed_text_size = 58;
constexpr std::size_t key_size = 32;

using Bytes = std::vector<std::uint8_t>;

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  unsigned crc = 0;
  for (const std::uint8_t byte : bytes) {
    crc ^= static_cast<unsigned>(byte) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
    crc &= 0xFFFFU;
  }
  return static_cast<std::uint16_t>(crc);
}

/// Empty where a character is not of the alphabet.
Bytes from_base32(std::string_view text) {
  Bytes out;
  out.reserve(text.size() * 5 / 8);
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return {};
    bits = (bits << 5) | static_cast<unsigned>(digit);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> count));
    bits &= (1U << count) - 1;
  }
  return out;
}

std::string to_base32(std::span<const std::uint8_t> bytes) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 5; count -= 5) out += alphabet[(bits >> (count - 5)) & 31U];
    bits &= (1U << count) - 1;
  }
  if (count > 0) out += alphabet[(bits << (5 - count)) & 31U];
  return out;
}

/// The public half of an Ed25519 key; empty where OpenSSL refuses.
Bytes ed25519_public(std::span<const std::uint8_t> seed) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), EVP_PKEY_free);
  Bytes out(key_size);
  std::size_t size = out.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != key_size) return {};
  return out;
}

}  // namespace

Result<std::string> nkey_public_key(std::string_view seed) {
  if (!seed.starts_with("SU") || seed.size() != seed_text_size)
    return invalid("holds no user seed (58 characters that begin with SU)");
  Bytes raw = from_base32(seed);
  const auto wipe = [&raw] { OPENSSL_cleanse(raw.data(), raw.size()); };
  const std::size_t checked = 2 + key_size;
  const bool sound = raw.size() == checked + 2 && (raw[0] & 0xF8U) == kind_seed &&
                     crc16(std::span(raw).first(checked)) == (raw[checked] | (raw[checked + 1] << 8));
  if (!sound) {
    wipe();
    return invalid("holds a seed with a wrong checksum: a character is missing or mistyped");
  }
  const Bytes key = ed25519_public(std::span(raw).subspan(2, key_size));
  wipe();
  if (key.empty()) return invalid("holds a seed that OpenSSL does not take");

  Bytes out{type_user};
  out.insert(out.end(), key.begin(), key.end());
  const std::uint16_t crc = crc16(out);
  out.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
  out.push_back(static_cast<std::uint8_t>(crc >> 8));
  return to_base32(out);
}

Result<std::string> nkey_public_key_of_file(const std::filesystem::path& seed_file) {
  std::ifstream in(seed_file);
  if (!in) return invalid(fmt::format("cannot read {}: {}", seed_file.string(), std::strerror(errno)));
  std::string seed;
  std::string word;
  while (seed.empty() && in >> word) {
    if (word.starts_with("SU") && word.size() == seed_text_size) seed = word;
  }
  auto key = nkey_public_key(seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  OPENSSL_cleanse(word.data(), word.size());
  if (!key) return invalid(fmt::format("{} {}", seed_file.string(), key.error().text));
  return key;
}

}  // namespace gw
