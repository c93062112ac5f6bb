// tests/mail/peer.js: npm smtp-server with the manners that a test asks for. One argument: a JSON object.
//   host, secure, key, cert         smtps, or STARTTLS when key and cert are there; "plain": true offers no STARTTLS
//   user, pass                      asks for a login and takes this one
//   rcpt, end                       lists of answers to RCPT and to the end of DATA, one a mail, the last for all further ones: 0 takes it, 450 or 550
//                                   refuses it, "cut" closes the connection, "hang" never answers, "slow" answers after half a second
// Prints a line of JSON: first {"port"}, then {"mail": {from, to, user, secure, utf8, text}} for each one that was taken, {"end"} when a body was read whole.
'use strict'
const { SMTPServer } = require('smtp-server')

const o = JSON.parse(process.argv[2])
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n')
const turns = {}
const turn = (name) => {
  const list = o[name] || [0]
  turns[name] = (turns[name] || 0) + 1
  return list[Math.min(turns[name], list.length) - 1]
}

function answer(name, session, done, good) {
  const what = turn(name)
  if (what === 'hang') return
  if (what === 'cut') return sockets.forEach((s) => s.destroy())
  if (what === 'slow') return setTimeout(good, 500)
  if (what === 0) return good()
  const refusal = new Error(what >= 500 ? 'no such mailbox here' : 'try again later')
  refusal.responseCode = what
  done(refusal)
}

const server = new SMTPServer({
  secure: !!o.secure,
  key: o.key,
  cert: o.cert,
  hideSTARTTLS: !!o.plain,
  disabledCommands: o.user ? [] : ['AUTH'],
  allowInsecureAuth: true,
  authOptional: !o.user,
  disableReverseLookup: true,
  logger: false,
  onAuth(auth, session, done) {
    if (auth.username === o.user && auth.password === o.pass) return done(null, { user: auth.username })
    done(new Error('wrong user or password'))
  },
  onRcptTo(address, session, done) { answer('rcpt', session, done, () => done()) },
  onData(stream, session, done) {
    const parts = []
    stream.on('data', (part) => parts.push(part))
    stream.on('end', () => {
      say({ end: true })
      answer('end', session, done, () => {
        const e = session.envelope
        say({ mail: { from: e.mailFrom.address, to: e.rcptTo.map((r) => r.address), user: session.user || null, secure: session.secure,
                      utf8: !!(e.mailFrom.args && e.mailFrom.args.SMTPUTF8),
                      text: Buffer.concat(parts).toString('latin1') } })
        done()
      })
    })
  },
})
const sockets = new Set()
server.on('error', () => {}) // connections that tests cut
server.server.on('connection', (s) => { sockets.add(s); s.on('close', () => sockets.delete(s)) })
server.listen(0, o.host || '127.0.0.1', () => say({ port: server.server.address().port }))
process.stdin.on('end', () => process.exit(0)).resume() // the test has ended
