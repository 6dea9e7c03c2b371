set shell := ["bash", "-euo", "pipefail", "-c"]

# Lists the commands.
default:
    @just --list

# Starts the service; arguments go to `muster serve`.
run *args:
    script/run {{ args }}

# Runs every test; arguments go to `cargo test`.
test *args:
    script/test {{ args }}

# Formats the code.
fmt:
    cargo fmt --all

# Checks format and lints.
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

# Checks the dependency rule, the licences and the sources of dependencies.
deny:
    cargo deny --locked check --hide-inclusion-graph bans licenses sources

# Builds the documentation of the crates.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --all-features --no-deps

# Replays the recorded answers of ../shared/conformance on both stores.
conformance:
    .ci/run conformance

# Everything a change must pass.
ci:
    .ci/run

# Measures a release build; arguments name stores: sqlite, postgres.
bench *stores:
    script/bench {{ stores }}

# Tries 10,000 wrong passwords at once against a release build; arguments go to the example `flood`.
flood *args:
    cargo build --locked --profile ci -p muster-http-actix --bin muster
    cargo run --locked --profile ci -p muster-http-actix --example flood -- {{ args }}

# Asks thousands of times whether answers tell by their time which accounts there are; arguments go to the example `timing`.
timing *args:
    cargo build --locked --profile ci -p muster-http-actix --bin muster
    cargo run --locked --profile ci -p muster-http-actix --example timing -- {{ args }}

# Builds the image, starts docker-compose.yml with secrets of its own, signs in, sets a picture, and removes it all.
e2e:
    #!/usr/bin/env bash
    set -euo pipefail
    export COMPOSE_PROJECT_NAME=muster-e2e STACK_PORT=18065 STACK_MAIL_PORT=18025
    work=$(mktemp -d)
    export STACK_SECRETS="$work/secrets" STACK_FILES="$work/files"
    trap 'docker compose down --volumes --timeout 5; rm -rf "$work"' EXIT
    password=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
    umask 077
    mkdir "$STACK_SECRETS" "$STACK_FILES"
    head -c 32 /dev/urandom | base64 > "$STACK_SECRETS/muster_key"
    printf '%s' "$password" > "$STACK_SECRETS/postgres_password"
    printf 'postgres://muster:%s@postgres/muster?sslmode=disable' "$password" > "$STACK_SECRETS/store_url"
    if [ "$(id -u)" -eq 0 ]; then
      chown 10001:10001 "$STACK_SECRETS"/* "$STACK_FILES"
    else
      STACK_UID=$(id -u)
      STACK_GID=$(id -g)
      export STACK_UID STACK_GID
    fi
    docker compose up --build --detach --wait --wait-timeout 600
    printf '%s\n' "$password" |
      docker compose exec -T muster muster user create --system-admin --username ada --email ada@example.test
    curl -fsS "http://127.0.0.1:$STACK_PORT/readyz" > /dev/null
    api="http://127.0.0.1:$STACK_PORT/api/v4"
    token=$(curl -fsS -o /dev/null -D - "$api/users/login" -H 'Content-Type: application/json' \
      -d "{\"login_id\":\"ada\",\"password\":\"$password\"}" | tr -d '\r' | sed -n 's/^[Tt]oken: //p')
    # One grey pixel, to see that the folder of pictures can be written.
    base64 -d > "$work/picture.png" <<< 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='
    curl -fsS -o /dev/null -H "Authorization: Bearer $token" -F "image=@$work/picture.png" "$api/users/me/image"
    find "$STACK_FILES" -name 'profile-*.png' | grep -q .
    printf 'end to end: ok\n'
