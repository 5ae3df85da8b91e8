#!/bin/bash
# apt-get installs for the user, here from a repository on disk; Debian's own is configured with its updates and security.
set -euo pipefail
work=$(mktemp -d)
chmod 755 "$work"
mkdir -p "$work/probe/DEBIAN" "$work/probe/usr/share/catalog-probe"
printf 'Package: catalog-probe\nVersion: 1.0\nArchitecture: all\nMaintainer: Probe <probe@example.org>\nDescription: probe\n' >"$work/probe/DEBIAN/control"
touch "$work/probe/usr/share/catalog-probe/file"
dpkg-deb --root-owner-group --build "$work/probe" "$work/catalog-probe.deb" >/dev/null
(cd "$work" && dpkg-scanpackages . >Packages 2>/dev/null)
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
sources=$(find /etc/apt -type f -name "*sources*" -exec cat {} +)
for suite in "$codename" "$codename-updates" "$codename-security"; do
  grep -qw "$suite" <<<"$sources" || { echo "apt has no $suite: $sources"; exit 1; }
done
! grep -ri proxy /etc/apt/apt.conf.d || exit 1
echo "deb [trusted=yes] file:$work ./" | sudo tee /etc/apt/sources.list.d/probe.list >/dev/null
sudo apt-get -qq update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/probe.list -o Dir::Etc::sourceparts=-
# Triggers that images left behind would be run by the first installation: certificates alone take it many seconds.
said=$(sudo DEBIAN_FRONTEND=noninteractive apt-get install -y catalog-probe)
! grep "Processing triggers" <<<"$said" || exit 1
dpkg --listfiles catalog-probe | grep -q /usr/share/catalog-probe/file
sudo apt-get -qq remove -y catalog-probe >/dev/null
sudo apt-get -qq check
[[ -z $(dpkg --audit) ]]
