#!/bin/sh
# Speaks for this node's supervisor: svc restart | stop | status | output
cd "$(dirname "$0")/.." || exit 1
case $1 in
restart | stop | status)
    exec @LAB@ svc "$1"
    ;;
output)
    # what the application said since it was last started, forty lines at most
    tail -n 1000 shared/log/shop.log | awk '
        /^--- started / { count = 0 }
        { line[count++] = $0 }
        END { for (i = count > 40 ? count - 40 : 0; i < count; i++) print line[i] }'
    ;;
*)
    echo "svc knows restart, stop, status and output, not '$1'" >&2
    exit 2
    ;;
esac
