# ruby mint.rb issuer.jwk
require "base64"
require "digest"
require "json"
require "openssl"

jwk = JSON.parse(File.read(ARGV[0]))
encode = ->(bytes) { Base64.urlsafe_encode64(bytes, padding: false) }

# The key's name is its thumbprint (RFC 7638).
kid = encode.(Digest::SHA256.digest(%({"crv":"Ed25519","kty":"OKP","x":"#{jwk["x"]}"})))
# PKCS #8 around the seed (RFC 8410).
seed = Base64.urlsafe_decode64(jwk["d"])
key = OpenSSL::PKey.read(["302e020100300506032b657004220420"].pack("H*") + seed)

header = { alg: "EdDSA", kid: kid }
claims = { iss: "marketplace", aud: "dropgate", exp: Time.now.to_i + 3600, paths: ["alice/drop-7/*"] }
signed = [header, claims].map { |part| encode.(JSON.generate(part)) }.join(".")
puts "#{signed}.#{encode.(key.sign(nil, signed))}"
