// The reference flow by a test runner, from nothing to its verdict; the same pictures as ours.
const { chromium } = require('playwright-core');

const [executablePath, url, rules, password] = process.argv.slice(1);

(async () => {
  const args = ['--no-sandbox', `--host-resolver-rules=${rules}`];
  const browser = await chromium.launch({ executablePath, args });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  let pictures = 0;
  const picture = async () => {
    await page.screenshot({ type: 'jpeg', quality: 70 });
    pictures += 1;
  };
  await page.goto(url);
  await picture();
  await page.getByLabel('Name').fill('ann');
  await picture();
  await page.getByLabel('Password').fill(password);
  await picture();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/products');
  await picture();
  await page.getByRole('link', { name: 'New order' }).click();
  await page.waitForURL('**/orders/new');
  await picture();
  await page.getByLabel('Product').selectOption('Blue mug');
  await picture();
  await page.getByRole('button', { name: 'Place order' }).click();
  await page.waitForURL('**/orders/done');
  await picture();
  await page.getByRole('button', { name: 'Logout' }).click();
  await page.waitForURL('**/sign-in');
  await picture();
  await browser.close();
  console.log(pictures);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
