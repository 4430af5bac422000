/** Whether this page is the installed app, or a tab beside one: on an iPhone and an iPad the two keep their things apart. */
export function isInstalled(): boolean {
  return isOnHomeScreen() === true || matchMedia('(display-mode: standalone)').matches;
}

/** A tab of a browser whose installed apps see nothing of what its tabs keep. */
export function isApartFromInstalled(): boolean {
  return isOnHomeScreen() === false;
}

/** Null where no browser says so: Safari alone does, and only where apps are apart. */
function isOnHomeScreen(): boolean | null {
  const told: unknown = Reflect.get(navigator, 'standalone');
  return typeof told === 'boolean' ? told : null;
}
