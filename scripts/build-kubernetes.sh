#!/usr/bin/env bash
# Builds from source, with Go, what `scripts/cluster` runs: Kubernetes and etcd at the versions of
# scripts/go/kubernetes/go.mod, CoreDNS, Helm 3 and Helm 4. Prints the folder that holds them on its standard output.
#
#   scripts/build-kubernetes.sh           builds what is missing; the first time takes 5 to 20 minutes and 5 GB of caches
#   scripts/build-kubernetes.sh --check   builds nothing: exit code 1 and a reason if something is missing
#
# They are kept below $SNOOPY_CACHE (else ~/.cache/snoopy), outside of the repository, in a folder named after the
# versions. GO_JOBS (2) is how many compilers run at once.
set -euo pipefail
cd "$(dirname "$0")/.."
sources=scripts/go/kubernetes
kubernetes=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' "$sources/go.mod")
helm3=v3.19.4
helm4=v4.0.4
coredns=v1.13.1
target=${SNOOPY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/snoopy}/kubernetes-$kubernetes-helm-$helm3-$helm4-coredns-$coredns

parts=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl etcd coredns helm3 helm4)
missing=()
for part in "${parts[@]}"; do [ -x "$target/$part" ] || missing+=("$part"); done
if [ ${#missing[@]} = 0 ]; then
  echo "$target"
  exit 0
fi

say() { printf 'kubernetes: %s\n' "$*" >&2; }
if [ "${1:-}" = --check ]; then
  say "not built yet: ${missing[*]} (scripts/build-kubernetes.sh builds them)"
  exit 1
fi
command -v go >/dev/null || {
  say 'Go is missing, 1.24 or newer is needed to build Kubernetes: https://go.dev/dl (Debian: golang)'
  exit 1
}

# Two builds at once wait for each other; the second finds everything done.
mkdir -p "$target"
exec 9>"$target/.lock"
flock 9

export CGO_ENABLED=0 GOBIN="$target/.new" GOWORK=off GOFLAGS="-buildvcs=false -trimpath -p=${GO_JOBS:-2}"
version="-X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/client-go/pkg/version.gitVersion=$kubernetes"
minor=${kubernetes#v1.}
version+=" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}"

build() { # a name, a package of the tools' module
  go build -C "$sources" -ldflags "-s -w $version" -o "$GOBIN/$1" "$2"
}

# What Helm's own build tells it: its version, and which Kubernetes it assumes where it cannot ask.
helm_flags() { # the module, the version, packages that hold the variables
  local package
  printf -- '-X %s/internal/version.version=%s' "$1" "$2"
  for package in "${@:3}"; do
    printf -- ' -X %s/%s.k8sVersionMajor=1 -X %s/%s.k8sVersionMinor=%s' "$1" "$package" "$1" "$package" "${minor%%.*}"
  done
}

fetch() { # a name, a package@version with a main, more flags for the linker
  go install -ldflags "-s -w ${3:-}" "$2"
  local made
  made=$(basename "${2%@*}")
  [ "$made" = "$1" ] || mv "$GOBIN/$made" "$GOBIN/$1"
}

make() {
  case $1 in
  etcd) build etcd go.etcd.io/etcd/server/v3 ;;
  coredns) fetch coredns "github.com/coredns/coredns@$coredns" ;;
  helm3)
    fetch helm3 "helm.sh/helm/v3/cmd/helm@$helm3" \
      "$(helm_flags helm.sh/helm/v3 "$helm3" pkg/chartutil pkg/lint/rules)"
    ;;
  helm4)
    fetch helm4 "helm.sh/helm/v4/cmd/helm@$helm4" \
      "$(helm_flags helm.sh/helm/v4 "$helm4" pkg/chart/common pkg/chart/v2/lint/rules)"
    ;;
  *) build "$1" "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

say "building ${missing[*]} into $target"
say 'the first time this takes 5 to 20 minutes on two cores and 5 GB below the caches of Go; later it is skipped'
for part in "${missing[@]}"; do
  [ -x "$target/$part" ] && continue
  start=$SECONDS
  mkdir -p "$GOBIN"
  make "$part" >&2
  mv "$GOBIN/$part" "$target/$part"
  say "$part: $((SECONDS - start)) s"
done
rm -rf "$GOBIN"
echo "$target"
