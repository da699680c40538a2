// Pictures that are attached to a message, as data URLs.

import { $, button, element } from './dom.js';

let attached = [];

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

function show() {
  $('attached').replaceChildren(
    ...attached.map((url) =>
      element(
        'span',
        {},
        element('img', { src: url, alt: 'attached picture' }),
        button('Remove', () => attach(attached.filter((one) => one !== url))),
      ),
    ),
  );
}

export function attach(urls) {
  attached = urls;
  show();
}

// The pictures of the next message, which are attached no longer.
export function taken() {
  const urls = attached;
  attach([]);
  return urls;
}

// Shows the button, if the model sees pictures.
export function openPictures(capabilities) {
  $('attach').hidden = !capabilities.includes('vision');
  $('picture').onchange = async () => {
    attach([...attached, ...(await Promise.all([...$('picture').files].map(read)))]);
    $('picture').value = '';
  };
}
