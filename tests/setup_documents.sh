#!/bin/sh
# The tests of workbook, document and slides need LibreOffice, Poppler and a Korean font: install them where that is possible, else say so.
set -u
missing=""
for name in soffice pdftoppm pdffonts; do
    command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
fc-list :lang=ko 2>/dev/null | grep -q . || missing="$missing a-Korean-font"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing libreoffice-calc, libreoffice-impress, poppler-utils, fontconfig and fonts-noto-cjk for the document tests ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libreoffice-calc libreoffice-impress poppler-utils fontconfig fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 \
        >/dev/null && exit 0
fi
if [ -n "${CI:-}" ]; then
    echo "Missing:$missing. They cannot be installed here, and CI must not skip the document tests." >&2
    exit 1
fi
echo "Missing:$missing (that needs root on Debian): the document tests that use them will be skipped."
exit 0
