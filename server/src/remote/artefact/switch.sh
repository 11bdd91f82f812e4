# In the deploy root. $1 release folder's name, $2 deploy root, $3 line for revisions.log, $4 restart command
wanted=releases/$1
[ -d "$wanted" ] && [ ! -L "$wanted" ] || { echo "there is no folder $wanted"; exit 251; }
if [ -e current ] && [ ! -L current ]; then
    echo "current is no link"
    exit 252
fi
now=$(readlink current)
if [ "$now" != "$wanted" ] && [ "$now" != "${2%/}/$wanted" ]; then
    fresh=.current.$$
    ln -s "$wanted" "$fresh" && mv -T "$fresh" current || { rm -f "$fresh"; exit 253; }
    # the log is for people; a full disk must not stop the switch
    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $3" >>revisions.log || echo "could not write revisions.log"
    now=$(readlink current)
    [ "$now" = "$wanted" ] || { echo "current says $now"; exit 254; }
    echo "current -> $wanted"
else
    echo "current -> $wanted already"
fi
sh -c "$4" </dev/null
code=$?
[ $code -le 239 ] || code=239
exit $code
