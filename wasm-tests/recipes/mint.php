<?php
// php mint.php issuer.jwk
$jwk = json_decode(file_get_contents($argv[1]), true);
$encode = fn(string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
$decode = fn(string $text) => base64_decode(strtr($text, '-_', '+/'));

// The key's name is its thumbprint (RFC 7638).
$canonical = json_encode(['crv' => 'Ed25519', 'kty' => 'OKP', 'x' => $jwk['x']], JSON_UNESCAPED_SLASHES);
$kid = $encode(hash('sha256', $canonical, true));

$header = ['alg' => 'EdDSA', 'kid' => $kid];
$claims = ['iss' => 'marketplace', 'aud' => 'dropgate', 'exp' => time() + 3600, 'paths' => ['alice/drop-7/*']];
$signed = $encode(json_encode($header)) . '.' . $encode(json_encode($claims));
$key = sodium_crypto_sign_secretkey(sodium_crypto_sign_seed_keypair($decode($jwk['d'])));
echo $signed . '.' . $encode(sodium_crypto_sign_detached($signed, $key)), "\n";
