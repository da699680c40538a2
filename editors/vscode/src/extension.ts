import { commands, ExtensionContext, window, workspace } from 'vscode';
import { LanguageClient, LanguageClientOptions, ServerOptions } from 'vscode-languageclient/node';

let client: LanguageClient | undefined;

/** Starts `sglc lsp` for all .sgl files, and again when asked to or when its path changes. */
export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand('sgl.restart', restart),
    workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration('sgl.command')) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

async function restart(): Promise<void> {
  await deactivate();
  await start();
}

async function start(): Promise<void> {
  const command = workspace.getConfiguration('sgl').get<string>('command', 'sglc');
  const server: ServerOptions = { command, args: ['lsp'] };
  const options: LanguageClientOptions = { documentSelector: [{ language: 'sgl' }] };
  client = new LanguageClient('sgl', 'SGL', server, options);
  try {
    await client.start();
  } catch (error) {
    window.showErrorMessage(
      `SGL: \`${command} lsp\` cannot be started; set "sgl.command" to the path of sglc. (${error})`,
    );
  }
}
