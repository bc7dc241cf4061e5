import { type FormEvent, useEffect, useState } from 'react'
import { canSignIn, signIn, useSeat } from './session.ts'

/** The sign-in form, for visitors. */
export function SignIn() {
  const { session, enter } = useSeat()
  const [isOffered, setIsOffered] = useState<boolean>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    void canSignIn().then(setIsOffered)
  }, [])
  if (session.identity !== null || isOffered === undefined) return null
  if (!isOffered) {
    return (
      <p className="soft" id="watching">
        You are watching. This server issues no tokens for the demo.
      </p>
    )
  }

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const name = String(form.get('name')).trim() || 'Guest'
    signIn(name, form.has('auctioneer')).then(enter, (error: Error) => setProblem(error.message))
  }
  const { ended } = session
  return (
    <form id="sign-in" onSubmit={submit}>
      {ended !== null && (
        <p id="session-ended" role="alert">
          Your session has ended. Sign in again to bid and write.
        </p>
      )}
      <label className="field">
        Your name
        <input
          id="name"
          name="name"
          required
          maxLength={40}
          autoComplete="nickname"
          defaultValue={ended?.name}
          placeholder="to bid and talk in this demo"
        />
      </label>
      <label className="check">
        <input type="checkbox" name="auctioneer" id="auctioneer" /> as an auctioneer
      </label>
      <button className="main" type="submit">
        Take part
      </button>
      <p className="soft" role="status">
        {problem}
      </p>
    </form>
  )
}
